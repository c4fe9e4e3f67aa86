import { createMemoryStore } from '@freshet/ports/memory';
import { sweepStories } from './contract/sweep-stories.js';

sweepStories(createMemoryStore);
