import { createMemoryStore } from '@freshet/ports/memory';
import { jobStories } from './contract/job-stories.js';

jobStories(createMemoryStore);
