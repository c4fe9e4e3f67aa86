import { setImmediate } from 'node:timers/promises';

import type { Books } from './books/books.js';
import type { Due } from './books/records.js';
import type { EmulatorClock } from './clock.js';
import { DueQueue } from './due-queue.js';

/**
 * What happens when something falls due, in the turn that also crosses it off. Work that needs the network is answered
 * as a promise: the emulator's clock waits for it when it is moved, and only then.
 */
export type DueHandler = (about: string, at: number) => Promise<void> | void;

const STEPS_BETWEEN_BREATHS = 100;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One ordered list of everything that will happen by itself, read from the emulator's clock. */
export class Schedule {
  private readonly queue = new DueQueue();
  private readonly handlers = new Map<string, DueHandler>();
  private readonly underWay = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | null = null;
  private walk: Promise<void> = Promise.resolve();
  private walking = false;
  private running = false;

  constructor(
    private readonly books: Books,
    private readonly clock: EmulatorClock,
    private readonly failed: (due: Due, cause: unknown) => void,
  ) {}

  on(kind: string, handler: DueHandler): void {
    this.handlers.set(kind, handler);
  }

  /** Plans it, in the place of what was planned under the same kind for the same thing. */
  plan(kind: string, about: string, at: number): void {
    const id = `${kind}:${about}`;
    const before = this.books.dues.get(id);
    if (before?.at === at) return;
    this.queue.push(this.books.dues.put(id, { id, at, kind, about }));
    this.arm();
  }

  cancel(kind: string, about: string): void {
    this.books.dues.remove(`${kind}:${about}`);
  }

  isPlanned(kind: string, about: string): boolean {
    return this.books.dues.get(`${kind}:${about}`) !== undefined;
  }

  /** What the books say is still to come. */
  start(): void {
    for (const due of this.books.dues.all()) this.queue.push(due);
    this.running = true;
    this.arm();
  }

  /** Starts everything that is due by now, oldest first, without waiting for the network. */
  catchUp(): void {
    if (!this.running || this.walking) return;
    for (let due = this.next(this.clock.now()); due !== undefined; due = this.next(this.clock.now())) this.run(due);
    this.arm();
  }

  /** Moves the clock; everything that falls due on the way has happened, in order of time, when this resolves. */
  advanceTo(offsetMs: number): Promise<void> {
    const walked = this.walk.then(() => this.walkTo(offsetMs));
    // One that failed must not fail those after it.
    this.walk = walked.catch(() => undefined);
    return walked;
  }

  async stop(): Promise<void> {
    this.running = false;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.walk;
    await this.settle();
  }

  private async walkTo(offsetMs: number): Promise<void> {
    this.walking = true;
    try {
      await this.settle();
      for (let step = 1; this.running; step += 1) {
        const due = this.next(this.clock.at(Math.max(offsetMs, this.clock.offsetMs)));
        if (due === undefined) break;
        this.books.turn(() => this.clock.reach(due.at));
        this.run(due);
        await this.settle();
        // A long way must not keep requests waiting.
        if (step % STEPS_BETWEEN_BREATHS === 0) await setImmediate();
      }
      if (this.running) this.books.turn(() => this.clock.setOffset(offsetMs));
    } finally {
      this.walking = false;
      this.catchUp();
    }
  }

  private run(due: Due): void {
    const handler = this.handlers.get(due.kind);
    if (handler === undefined) return this.failed(due, new Error(`nobody handles ${due.kind}`));
    try {
      const work = this.books.turn(() => {
        this.books.dues.remove(due.id);
        return handler(due.about, due.at);
      });
      if (work !== undefined) this.track(due, work);
    } catch (cause) {
      this.failed(due, cause);
    }
  }

  private track(due: Due, work: Promise<void>): void {
    const settled = work
      .catch((cause: unknown) => this.failed(due, cause))
      .finally(() => this.underWay.delete(settled));
    this.underWay.add(settled);
  }

  private async settle(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  private next(until: number): Due | undefined {
    const due = this.peekLive();
    if (due === undefined || due.at > until) return undefined;
    return this.queue.pop();
  }

  /** Entries that were planned anew or cancelled stay in the queue until they come to its front. */
  private peekLive(): Due | undefined {
    for (let due = this.queue.peek(); due !== undefined; due = this.queue.peek()) {
      if (this.books.dues.get(due.id)?.at === due.at) return due;
      this.queue.pop();
    }
    return undefined;
  }

  private arm(): void {
    if (!this.running || this.walking) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const due = this.peekLive();
    if (due === undefined) return;
    const delayMs = Math.min(Math.max(due.at - this.clock.now(), 0), LONGEST_TIMER_MS);
    this.timer = setTimeout(() => this.catchUp(), delayMs);
    this.timer.unref();
  }
}
