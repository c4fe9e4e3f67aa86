import { createMemoryStore } from '@freshet/ports/memory';
import { pruneStories } from './contract/prune-stories.js';

pruneStories(createMemoryStore);
