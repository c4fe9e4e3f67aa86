import { formatInstant } from '@freshet/domain';
import type { Effect, Feed } from '@freshet/domain';
import type { Engine } from './engine.js';

const nameOf = ({ tenantId, connector, provider, scope, scopeKey }: Feed) => ({
  ...{ tenantId, connector, provider },
  ...(scope === 'institution' ? { institutionId: scopeKey } : {}),
});

/**
 * Says once that a feed has fallen silent, and once that it has not been since: not once for each connection of it.
 * `before`: the feeds as they were until then, as far as they were remembered.
 */
export const noteFeeds = (engine: Engine, before: readonly Feed[], effects: readonly Effect[]): void => {
  for (const effect of effects) {
    if (effect.do !== 'put' || effect.record !== 'feed') continue;
    const feed = effect.row;
    const wasSilent = (before.find(({ id }) => id === feed.id)?.silentSince ?? null) !== null;
    if (!wasSilent && feed.silentSince !== null) {
      const missed = feed.outcomes.filter(({ came }) => !came).length;
      const facts = { ...nameOf(feed), missed, of: feed.outcomes.length };
      engine.log.warn('a feed has fallen silent: background refreshes that are due do not come', facts);
    } else if (wasSilent && feed.silentSince === null) {
      engine.log.info('a feed that was silent brings data again', { ...nameOf(feed), at: formatInstant(feed.at) });
    }
  }
};
