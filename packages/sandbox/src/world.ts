import type { Books } from './books/books.js';
import type { EmulatorClock } from './clock.js';
import type { Emulation } from './emulation.js';
import type { Faults } from './faults.js';
import type { Schedule } from './schedule.js';
import type { Settings } from './settings.js';
import type { Outbox } from './webhooks/outbox.js';

/** What every part of the emulator works with. */
export interface World {
  readonly settings: Settings;
  readonly books: Books;
  readonly clock: EmulatorClock;
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly outbox: Outbox;
  /** By connector. */
  readonly emulations: Map<string, Emulation>;
  /** Where the emulator is reached. */
  readonly url: string;
}
