import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (bytes: string | Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** Equal or not, in a time that tells neither where they differ nor how long they are. */
export const areSameBytes = (left: string | Uint8Array, right: string | Uint8Array): boolean =>
  timingSafeEqual(digest(left), digest(right));

/** Names an event whose sender gave it no id: the same bytes are the same event. */
export const bodyKey = (body: Uint8Array): string => `sha256:${digest(body).toString('hex')}`;
