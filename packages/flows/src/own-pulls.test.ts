import { createMemoryStore } from '@freshet/ports/memory';
import { ownPullStories } from './contract/own-pull-stories.js';

ownPullStories(createMemoryStore);
