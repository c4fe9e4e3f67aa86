/** What a forced refresh is weighed by. All in fresh reads: one fresh read is worth 1. */
export interface Outlook {
  /** Chance that the copy is stale now. */
  readonly staleChance: number;
  /** Share of the changes that the provider tells of before they are pulled; 0 where it tells of none. */
  readonly toldShare: number;
  readonly readsPerDay: number;
  /** Chance that a forced refresh succeeds. */
  readonly successChance: number;
  /** Length of each slot between now and the next free refresh. */
  readonly slotDays: number;
  /** Changes expected in each slot. */
  readonly slots: readonly number[];
}

export interface ForcingValue {
  /** Fresh reads that forcing now brings beyond not forcing: this one, and those until the next change or free refresh. */
  readonly now: number;
  /** Fresh reads, less their price, that forcing at the next read would bring: with this one forced, and without. */
  readonly laterIfForced: number;
  readonly laterIfNot: number;
}

/** The mean share of a slot that a copy stays fresh, where so many changes are expected in it. */
const freshShare = (changes: number): number => (changes < 1e-6 ? 1 - changes / 2 : -Math.expm1(-changes) / changes);

/** Reads that a copy fresh at the start of each slot (and at the end of the last) still serves fresh. */
const readsServedFresh = ({ slots, slotDays, readsPerDay }: Outlook): Float64Array => {
  const served = new Float64Array(slots.length + 1);
  for (let slot = slots.length - 1; slot >= 0; slot -= 1) {
    const changes = slots[slot] as number;
    served[slot] = readsPerDay * slotDays * freshShare(changes) + Math.exp(-changes) * (served[slot + 1] as number);
  }
  return served;
};

/** What forcing at the next read is expected to bring, less its price, where it is stale by such a chance until then. */
const atNextRead = (outlook: Outlook, served: Float64Array, staleChance: number, price: number): number => {
  const { slots, slotDays, readsPerDay, successChance, toldShare } = outlook;
  const noRead = Math.exp(-readsPerDay * slotDays);
  let gain = 0;
  let reached = 1;
  let changes = 0;
  for (let slot = 0; slot < slots.length; slot += 1) {
    const untilRead = changes + (slots[slot] as number) / 2;
    const brings = successChance * (1 + ((served[slot] as number) + (served[slot + 1] as number)) / 2);
    // A change that is told makes it certain; without a word it is the likelier fresh the more would be told.
    const untold = Math.exp(-untilRead * toldShare);
    const quiet = 1 - (1 - staleChance) * Math.exp(-untilRead * (1 - toldShare));
    const expected = (1 - untold) * Math.max(0, brings - price) + untold * Math.max(0, brings * quiet - price);
    gain += reached * (1 - noRead) * expected;
    reached *= noRead;
    changes += slots[slot] as number;
  }
  return gain;
};

/**
 * What forcing brings now, and what it leaves for the next read. Greedy alone (`now` against the price) forces too early:
 * where the next read is near, waiting for it buys the same refresh at a time when it is likelier needed. Looking one
 * read ahead comes within a thousandth of the whole dynamic programme.
 */
export const forcingValue = (outlook: Outlook, price: number): ForcingValue => {
  const served = readsServedFresh(outlook);
  const now = outlook.successChance * outlook.staleChance * (1 + (served[0] as number));
  // Far from worth it, nothing that comes later changes that.
  if (now < price * 0.8) return { now, laterIfForced: 0, laterIfNot: 0 };
  return {
    now,
    laterIfForced: atNextRead(outlook, served, 0, price),
    laterIfNot: atNextRead(outlook, served, outlook.staleChance, price),
  };
};

/** Whether it is worth its price now rather than at the next read, or never. */
export const isWorth = (value: ForcingValue, price: number): boolean =>
  value.now - price + value.laterIfForced >= value.laterIfNot;
