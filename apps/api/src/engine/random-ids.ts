import { randomFillSync } from 'node:crypto';
import { uuidv7 } from '@freshet/domain';
import type { Instant } from '@freshet/domain';
import type { Ids } from '@freshet/ports';

/** Random bytes are drawn so many ids at a time: drawing them one by one costs more than the ids. */
const POOL_IDS = 512;
const BYTES = 10;

/**
 * UUIDv7s that rise even within one millisecond: the twelve bits behind the time count up from a random start
 * (RFC 9562, 6.2, method 1), and when they are used up the time is borrowed from the next millisecond.
 */
export const createIds = (now: () => Instant): Ids => {
  const pool = new Uint8Array(POOL_IDS * BYTES);
  let used = pool.length;
  let lastMs = 0;
  let count = 0;

  const draw = (): Uint8Array => {
    if (used >= pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const bytes = pool.slice(used, used + BYTES);
    used += BYTES;
    return bytes;
  };

  const next = (): string => {
    const bytes = draw();
    const ms = Math.floor(now());
    if (ms > lastMs) {
      lastMs = ms;
      // The top bit stays free, so that there is room to count.
      count = (((bytes[0] as number) & 0x07) << 8) | (bytes[1] as number);
    } else if (count < 0xfff) {
      count += 1;
    } else {
      lastMs += 1;
      count = 0;
    }
    bytes[0] = count >> 8;
    bytes[1] = count & 0xff;
    return uuidv7(lastMs, bytes);
  };

  return { next };
};
