import { formatAmount, formatInstant, MINUTE, plainAmount } from '@freshet/domain';
import type { Connection, Instant, Money, Task } from '@freshet/domain';
import { read, type Loader, type Sifted } from '@freshet/ports';
import { inEachCurrency, plusCost, type Amounts } from './amounts.js';
import { chargedRefreshes } from './charged-refreshes.js';
import { LOOK_BACK_MS } from './look-backs.js';
import { defineCheck, MOST_IDS, type AuditPlace, type Found } from './check.js';

/**
 * A free pull this soon after a charged one brings as much. Twice what the catalogue takes a caller to wait for it: one who
 * could not wait so long is rare, and one who could paid for nothing.
 */
export const SOON_MS = 30 * MINUTE;

/** From one unit of any currency on, a month's waste is worth somebody's time. */
export const WARN_FROM_MICROS = 1_000_000;

/** A refresh that was charged, and the free pull that came soon after it. */
export interface ChargedPull {
  readonly task: Task;
  readonly at: Instant;
  readonly backgroundAt: Instant | null;
}

export interface SpentOn {
  readonly connection: Connection;
  readonly charged: readonly ChargedPull[];
}

/** More pulls of one group in half an hour are not looked through. */
const MOST_SOON = 50;

/** Under the task's group and the connection's: a pull that counts no longer stays in the group that it was made in. */
function* soonAfter(connection: Connection, task: Task, from: Instant, until: Instant): Loader<Instant | null> {
  const { tenantId } = connection;
  for (const groupKey of new Set([task.groupKey, connection.groupKey])) {
    const asked = { tenantId, scope: { kind: 'group', groupKey } as const, from, until, limit: MOST_SOON };
    const pulls = yield* read('pullsBetween', asked);
    // One with a task is a permit of ours that fell due: it is billed like any other.
    const free = pulls.find(
      ({ origin, state, taskId }) => origin === 'background' && state === 'succeeded' && taskId === null,
    );
    if (free !== undefined) return free.at;
  }
  return null;
}

function* spent({ tenantId, now, after, limit }: AuditPlace): Loader<Sifted<SpentOn>> {
  const asked = { tenantId, after, limit, since: now - LOOK_BACK_MS, soonMs: SOON_MS };
  const { rows: connections, ...looked } = yield* read('wastefulConnections', asked);
  const rows: SpentOn[] = [];
  for (const connection of connections) {
    const charged: ChargedPull[] = [];
    for (const task of yield* chargedRefreshes(connection, now - LOOK_BACK_MS)) {
      if (task.charge !== 'charged') continue;
      const pull = yield* read('pull', { tenantId, id: task.pullId });
      // The background itself: nobody asked for it, and nothing else brings the data.
      if (pull?.origin === 'background') continue;
      const at = pull?.at ?? task.endedAt ?? task.queuedAt;
      const backgroundAt = yield* soonAfter(connection, task, (pull?.sentAt ?? at) + 1, at + SOON_MS + 1);
      charged.push({ task, at, backgroundAt });
    }
    rows.push({ connection, charged });
  }
  return { ...looked, rows };
}

interface Reason {
  readonly name: string;
  readonly told: string;
  readonly action: string;
  readonly isWasted: (pull: ChargedPull) => boolean;
}

/** What brought nothing is counted as that alone, whatever came after it. */
const reasons: readonly Reason[] = [
  {
    name: 'nothing-new',
    told: 'brought nothing new',
    action: 'Ask for it less often: in mode auto, or with a maxAge that fits how often its data changes.',
    isWasted: ({ task }) => task.newData === false,
  },
  {
    name: 'too-early',
    told: 'came minutes before a free one',
    action: 'Ask in mode auto, which waits where a background refresh is that near, or with a longer maxAge.',
    isWasted: ({ task, backgroundAt }) => task.newData !== false && backgroundAt !== null,
  },
];

const shown = ({ task, at, backgroundAt }: ChargedPull) => ({
  taskId: task.id,
  pullId: task.pullId,
  at: formatInstant(at),
  amount: task.cost === null ? null : formatAmount(task.cost.micros),
  currency: task.cost?.currency ?? null,
  attended: task.attended,
  backgroundAt: backgroundAt === null ? null : formatInstant(backgroundAt),
});

const foundOf = (
  { id, externalId, provider }: Connection,
  { name, told, action }: Reason,
  pulls: readonly ChargedPull[],
  cost: Money | null,
): Found => {
  const spending = cost === null ? 'at a price that is not known' : `for ${plainAmount(cost.micros)} ${cost.currency}`;
  return {
    key: `${name} ${id} ${cost?.currency ?? ''}`,
    severity: cost !== null && cost.micros >= WARN_FROM_MICROS ? 'warning' : 'info',
    connectionId: id,
    summary: `${pulls.length} forced ${pulls.length === 1 ? 'pull' : 'pulls'} of the last 30 days ${told}, ${spending}`,
    action,
    money: cost,
    evidence: {
      externalId,
      provider,
      count: pulls.length,
      attended: pulls.filter(({ task }) => task.attended).length,
      pulls: pulls.slice(0, MOST_IDS).map(shown),
    },
  };
};

/** One finding a connection, reason and currency: what one would talk about with whoever asks for its refreshes. */
export const judgeSpent = ({ connection, charged }: SpentOn): readonly Found[] =>
  reasons.flatMap((reason) => {
    const wasted = charged.filter(reason.isWasted);
    if (wasted.length === 0) return [];
    const amounts = wasted.reduce<Amounts>((sum, { task }) => plusCost(sum, task.cost), {});
    return inEachCurrency(amounts, (cost) => {
      const inIt = cost === null ? wasted : wasted.filter(({ task }) => task.cost?.currency === cost.currency);
      return foundOf(connection, reason, inIt, cost);
    });
  });

export const wastedPulls = defineCheck<SpentOn>({
  name: 'wasted-pulls',
  question:
    'Did every forced pull that was paid for in the last 30 days bring something that a free one would not have brought minutes later?',
  sift: spent,
  judge: judgeSpent,
});
