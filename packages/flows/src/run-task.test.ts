import { createMemoryStore } from '@freshet/ports/memory';
import { leaseStories } from './contract/lease-stories.js';
import { overtakenStories } from './contract/overtaken-stories.js';
import { maintenanceStories } from './contract/maintenance-stories.js';
import { outcomeStories } from './contract/outcome-stories.js';

outcomeStories(createMemoryStore);
maintenanceStories(createMemoryStore);
leaseStories(createMemoryStore);
overtakenStories(createMemoryStore);
