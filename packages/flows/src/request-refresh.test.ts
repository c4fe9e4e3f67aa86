import { createMemoryStore } from '@freshet/ports/memory';
import { requestStories } from './contract/request-stories.js';

requestStories(createMemoryStore);
