import { createMemoryStore } from '@freshet/ports/memory';
import { tokenStories } from './contract/token-stories.js';

tokenStories(createMemoryStore);
