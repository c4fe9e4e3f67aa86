import { createMemoryStore } from '@freshet/ports/memory';
import { learningStories } from './contract/learning-stories.js';

learningStories(createMemoryStore);
