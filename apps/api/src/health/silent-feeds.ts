import type { Store } from '@freshet/ports';
import { Gauge, type Registry } from 'prom-client';

/** Read when somebody scrapes: of feeds that work there is nothing to read. */
export const gaugeSilentFeeds = (registry: Registry, store: Store): void => {
  new Gauge({
    name: 'freshet_silent_feeds',
    help: 'Feeds whose background refreshes have stopped coming: of a whole provider, or of one institution at it',
    labelNames: ['connector', 'provider', 'scope'],
    registers: [registry],
    async collect() {
      const counts = await store.read('silentFeedCounts', {});
      this.reset();
      for (const { count, connector, provider, scope } of counts) this.set({ connector, provider, scope }, count);
    },
  });
};
