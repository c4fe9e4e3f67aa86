import { otherPullStories } from './contract/other-pull-stories.js';
import { createMemoryStore } from '@freshet/ports/memory';
import { webhookStories } from './contract/webhook-stories.js';

webhookStories(createMemoryStore);
otherPullStories(createMemoryStore);
