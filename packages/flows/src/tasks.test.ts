import { createMemoryStore } from '@freshet/ports/memory';
import { permitStories, presenceStories } from './contract/permit-stories.js';

presenceStories(createMemoryStore);
permitStories(createMemoryStore);
