import { createMemoryStore } from '@freshet/ports/memory';
import { budgetStories } from './contract/budget-stories.js';

budgetStories(createMemoryStore, 60);
