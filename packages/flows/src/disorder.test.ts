import { createMemoryStore } from '@freshet/ports/memory';
import { disorderStories } from './contract/disorder-stories.js';

disorderStories(createMemoryStore);
