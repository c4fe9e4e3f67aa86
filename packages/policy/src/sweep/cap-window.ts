import type { DurationMs, Instant } from '@freshet/domain';
import type { SweepColumns } from './candidates.js';
import type { PullBound, SweepCap } from './plan.js';

/** The newest times, at most so many; the oldest of them says when there is room again. */
class Newest {
  private readonly times: Float64Array;
  private next = 0;

  constructor(count: number) {
    this.times = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  }

  get oldest(): Instant {
    return this.times[this.next] as number;
  }

  add(at: Instant): void {
    this.times[this.next] = at;
    this.next = (this.next + 1) % this.times.length;
  }
}

/**
 * A cap while pulls are placed under it in the order of time. Who finds it full is promised the first place that is free;
 * who comes later queues behind all promises, so that those who wait do so once.
 */
export class CapWindow {
  private readonly made: Newest;
  private readonly promised: Newest;

  private readonly perMs: DurationMs;

  constructor(count: number, perMs: DurationMs, usedAt: Iterable<Instant>) {
    this.perMs = perMs;
    this.made = new Newest(count);
    this.promised = new Newest(count);
    for (const at of usedAt) this.add(at);
  }

  private add(at: Instant): void {
    this.made.add(at);
    this.promised.add(at);
  }

  /** Whether one more may go; those without a promise stand behind those who have one. */
  hasRoom(at: Instant, holdsPromise: boolean): boolean {
    return at >= (holdsPromise ? this.made : this.promised).oldest + this.perMs;
  }

  /** The first place that is free for one that finds no room. */
  promise(): Instant {
    const free = Math.max(this.made.oldest, this.promised.oldest) + this.perMs;
    this.promised.add(free);
    return free;
  }

  place(at: Instant, holdsPromise: boolean): void {
    this.made.add(at);
    if (!holdsPromise) this.promised.add(at);
  }
}

const byKey = (names: readonly string[], scope: SweepCap['scope'], caps: readonly SweepCap[]): CapWindow[][] => {
  const rowOf = new Map(names.map((name, row) => [name, row]));
  const windows: CapWindow[][] = names.map(() => []);
  for (const cap of caps) {
    const row = cap.scope === scope ? rowOf.get(cap.key) : undefined;
    // A cap of none was priced out of reach: nobody comes to ask.
    if (row === undefined || cap.count === 0) continue;
    windows[row]?.push(
      new CapWindow(
        cap.count,
        cap.perMs,
        cap.usedAt.toSorted((a, b) => a - b),
      ),
    );
  }
  return windows;
};

/** Every cap of a plan while its pulls are placed. */
export class CapWindows {
  private readonly scopes: readonly (readonly [PullBound, readonly CapWindow[][], Int32Array])[];

  constructor(columns: SweepColumns, caps: readonly SweepCap[]) {
    const scopes: readonly (readonly [PullBound, readonly CapWindow[][], Int32Array])[] = [
      ['account-cap', byKey(columns.accountNames, 'account', caps), columns.accounts],
      ['institution-cap', byKey(columns.institutionNames, 'institution', caps), columns.institutions],
    ];
    this.scopes = scopes.filter(([, windows]) => windows.some((those) => those.length > 0));
  }

  /** The first cap that has no room for the candidate; null: it may go. */
  fullFor(row: number, at: Instant, holdsPromise: boolean): { bound: PullBound; window: CapWindow } | null {
    for (const [bound, windows, keys] of this.scopes)
      for (const window of windows[keys[row] as number] ?? [])
        if (!window.hasRoom(at, holdsPromise)) return { bound, window };
    return null;
  }

  /** `promisedBy`: the cap that it waited for last. */
  place(row: number, at: Instant, promisedBy: PullBound): void {
    for (const [bound, windows, keys] of this.scopes)
      for (const window of windows[keys[row] as number] ?? []) window.place(at, bound === promisedBy);
  }
}
