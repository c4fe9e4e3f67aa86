import type { RefreshPolicy } from '../policy.js';

/** Whether its background is permits of ours that fall due: nobody pulls it by himself, and its team reads. */
export const pullsByPermit = ({ background, forced }: RefreshPolicy): boolean =>
  background.owner === 'engine' &&
  background.everyMs > 0 &&
  forced.executor === 'caller' &&
  forced.available &&
  forced.unattended;
