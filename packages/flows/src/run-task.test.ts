import { createMemoryStore } from '@freshet/ports/memory';
import { leaseStories } from './contract/lease-stories.js';
import { overtakenStories } from './contract/overtaken-stories.js';
import { outcomeStories } from './contract/outcome-stories.js';

outcomeStories(createMemoryStore);
leaseStories(createMemoryStore);
overtakenStories(createMemoryStore);
