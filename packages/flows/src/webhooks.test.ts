import { createMemoryStore } from '@freshet/ports/memory';
import { webhookStories } from './contract/webhook-stories.js';

webhookStories(createMemoryStore);
