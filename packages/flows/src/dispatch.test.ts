import { createMemoryStore } from '@freshet/ports/memory';
import { dispatchStories } from './contract/dispatch-stories.js';

dispatchStories(createMemoryStore);
