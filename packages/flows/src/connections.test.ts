import { batchStories } from './contract/batch-stories.js';
import { createMemoryStore } from '@freshet/ports/memory';
import { changeStories } from './contract/change-stories.js';
import { consentStories } from './contract/consent-stories.js';
import { importStories } from './contract/import-stories.js';
import { lifecycleStories } from './contract/lifecycle-stories.js';

importStories(createMemoryStore);
batchStories(createMemoryStore);
changeStories(createMemoryStore);
consentStories(createMemoryStore);
lifecycleStories(createMemoryStore);
