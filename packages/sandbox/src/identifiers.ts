import { createHash, randomBytes } from 'node:crypto';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const MELD_ID_CHARS = 22;
const HEALTHY_PULL_MIN_MS = 1_000;
const HEALTHY_PULL_SPREAD_MS = 1_000;

/** As Meld's ids look. Random: an emulator that starts afresh must not repeat the ids of the one before it. */
export function newMeldId(): string {
  return base62(randomBytes(MELD_ID_CHARS));
}

/** The same for the same seed. */
export function derivedMeldId(seed: string): string {
  return base62(createHash('sha256').update(seed).digest().subarray(0, MELD_ID_CHARS));
}

/** A version 8 UUID: the same for the same seed. */
export function derivedUuid(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/** A whole number below `below` that depends on the seed alone. */
export function derivedNumber(seed: string, below: number): number {
  return createHash('sha256').update(seed).digest().readUInt32BE(0) % below;
}

/** One to two seconds, as the connection and the number of the pull have it: the same in every run. */
export function pullDurationMs(externalId: string, pull: number): number {
  return HEALTHY_PULL_MIN_MS + derivedNumber(`${externalId}#${pull}`, HEALTHY_PULL_SPREAD_MS + 1);
}

function base62(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => BASE62[byte % BASE62.length]).join('');
}
