import { createMemoryStore } from '@freshet/ports/memory';
import { raceStories } from './contract/race-stories.js';

raceStories(createMemoryStore, 200);
