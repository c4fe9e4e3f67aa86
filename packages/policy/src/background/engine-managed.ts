import type { RefreshPolicy } from '../policy.js';

/** Whether its background is pulls of ours: nobody else makes them, and they may be made while the customer is away. */
export const isEngineManaged = ({ background, forced }: RefreshPolicy): boolean =>
  background.owner === 'engine' && background.everyMs > 0 && forced.available && forced.unattended;
