import { createMemoryStore } from '@freshet/ports/memory';
import { backgroundStories } from './contract/background-stories.js';

backgroundStories(createMemoryStore);
