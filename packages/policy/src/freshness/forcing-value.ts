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

/** The mean share of a slot that a copy stays fresh, where so many changes are expected in it; `stays`: to its end. */
const freshShare = (changes: number, stays: number): number =>
  changes < 1e-3 ? 1 - changes / 2 + (changes * changes) / 6 : (1 - stays) / changes;

/** Reads that a copy fresh at the start of each slot (and at the end of the last) still serves fresh. */
const readsServedFresh = ({ slots, slotDays, readsPerDay }: Outlook): readonly number[] => {
  const served = new Array<number>(slots.length + 1).fill(0);
  for (let slot = slots.length - 1; slot >= 0; slot -= 1) {
    const changes = slots[slot] as number;
    const stays = Math.exp(-changes);
    served[slot] = readsPerDay * slotDays * freshShare(changes, stays) + stays * (served[slot + 1] as number);
  }
  return served;
};

/** What forcing at the next read is expected to bring, less its price: after forcing now, and after not. */
const atNextRead = (
  outlook: Outlook,
  served: readonly number[],
  price: number,
): Pick<ForcingValue, 'laterIfForced' | 'laterIfNot'> => {
  const { slots, slotDays, readsPerDay, successChance, toldShare, staleChance } = outlook;
  const noRead = Math.exp(-readsPerDay * slotDays);
  let [ifForced, ifNot] = [0, 0];
  let read = 1 - noRead;
  let changes = 0;
  for (let slot = 0; slot < slots.length; slot += 1) {
    const expected = slots[slot] as number;
    const until = changes + expected / 2;
    const brings = successChance * (1 + ((served[slot] as number) + (served[slot + 1] as number)) / 2);
    // A change that is told makes it certain; without a word it is the likelier fresh the more would be told.
    const untold = toldShare === 0 ? 1 : Math.exp(-until * toldShare);
    const unseen = Math.exp(-until * (1 - toldShare));
    const certain = (1 - untold) * Math.max(0, brings - price);
    ifForced += read * (certain + untold * Math.max(0, brings * (1 - unseen) - price));
    ifNot += read * (certain + untold * Math.max(0, brings * (1 - (1 - staleChance) * unseen) - price));
    read *= noRead;
    changes += expected;
  }
  return { laterIfForced: ifForced, laterIfNot: ifNot };
};

/**
 * What forcing brings now, and what it leaves for the next read. Greedy alone (`now` against the price) forces too early:
 * where the next read is near, waiting for it buys the same refresh at a time when it is likelier needed. Looking one
 * read ahead decides like the whole dynamic programme but for a narrow margin (see the test).
 */
export const forcingValue = (outlook: Outlook, price: number): ForcingValue => {
  const served = readsServedFresh(outlook);
  const now = outlook.successChance * outlook.staleChance * (1 + (served[0] as number));
  // Far from worth it, nothing that comes later changes that.
  if (now < price * 0.8) return { now, laterIfForced: 0, laterIfNot: 0 };
  return { now, ...atNextRead(outlook, served, price) };
};

/** Whether it is worth its price now rather than at the next read, or never. */
export const isWorth = (value: ForcingValue, price: number): boolean =>
  value.now - price + value.laterIfForced >= value.laterIfNot;
