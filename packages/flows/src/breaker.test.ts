import { createMemoryStore } from '@freshet/ports/memory';
import { breakerStories } from './contract/breaker-stories.js';

breakerStories(createMemoryStore);
