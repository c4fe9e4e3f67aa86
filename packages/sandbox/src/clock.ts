import type { Books } from './books/books.js';

const RECORD_ID = 'clock';

/** The emulator's time: real time and an offset that only grows, kept in the books. */
export class EmulatorClock {
  constructor(
    private readonly books: Books,
    private readonly realNow: () => number,
  ) {}

  get offsetMs(): number {
    return this.books.clock.get(RECORD_ID)?.offsetMs ?? 0;
  }

  now(): number {
    return this.realNow() + this.offsetMs;
  }

  iso(): string {
    return new Date(this.now()).toISOString();
  }

  /** What `now` would be with another offset. */
  at(offsetMs: number): number {
    return this.realNow() + offsetMs;
  }

  /** Moves on to a time, if it is ahead. */
  reach(time: number): void {
    this.setOffset(time - this.realNow());
  }

  setOffset(offsetMs: number): void {
    if (offsetMs > this.offsetMs) this.books.clock.put(RECORD_ID, { offsetMs });
  }
}
