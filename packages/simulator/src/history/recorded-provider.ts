import type { ConnectorName, Instant, ProviderEvent, RefreshAnswer } from '@freshet/domain';
import type { PullLine } from '@freshet/flows';
import type { Connector } from '@freshet/ports';
import type { History } from './recorded.js';

/** What the pulls of one connection brought, in the order of time. */
type Arrivals = readonly PullLine[];

const broughtData = ({ state }: PullLine): boolean => state === 'succeeded' || state === 'partial';

/**
 * Whether a refresh at that moment would have brought something. The record knows it of the very moment at which one was
 * made. Where the next pull brought nothing, this one would not have; where that did, nobody knows whether the change
 * came before or after.
 */
const newDataAt = (arrivals: Arrivals, at: Instant): boolean | null => {
  const next = arrivals.find((pull) => pull.at >= at);
  return next?.newData === false || next?.at === at ? next.newData : null;
};

const elsewhere = async (): Promise<{ readonly kind: 'refused'; readonly message: string }> => ({
  kind: 'refused',
  message: 'a history is replayed: nothing of this happens in it',
});

/** A provider as the history knew it: every call is taken and brings data at once. */
export const recordedProvider = (name: ConnectorName, { course }: History): Connector => {
  const arrivals = new Map<string, PullLine[]>();
  for (const line of course) {
    if (line.line !== 'pull' || !broughtData(line)) continue;
    const known = arrivals.get(line.connection);
    if (known) known.push(line);
    else arrivals.set(line.connection, [line]);
  }
  return {
    name,
    capabilities: {
      refresh: true,
      repair: false,
      addProducts: false,
      delete: false,
      imports: [],
      tellsStatus: false,
      showsRepair: false,
      showsData: false,
      webhooks: true,
    },
    refresh: async ({ externalId }, context): Promise<RefreshAnswer> => {
      await context.sending();
      const now = context.now();
      return { kind: 'done', asOf: now, newData: newDataAt(arrivals.get(externalId) ?? [], now) };
    },
    progress: async () => ({ kind: 'unknown', message: 'every call was answered at once' }),
    status: async () => null,
    repair: elsewhere,
    addProducts: elsewhere,
    delete: elsewhere,
    import: elsewhere,
    verifyWebhook: async ({ headers }) => ({ genuine: true, eventKey: headers['event-id'] ?? '' }),
    translateWebhook: (body) => JSON.parse(body) as readonly ProviderEvent[],
  };
};
