import { closureKinds, type Closure, type Feed } from '@freshet/domain';
import type { ProviderOverview } from '@freshet/flows';
import type { ProviderSpend } from '@freshet/ports';
import { z } from 'zod';
import { instantView, moneyView, toInstant, toInstantOrNull, toMoney } from '../http/wire.js';
import { policyView, toPolicy } from '../policy/policy-view.js';

const spendView = z
  .object({
    forced: z.int().meta({ description: 'Forced refreshes that happened, or may have.' }),
    reserved: z.array(moneyView),
    charged: z.array(moneyView),
    uncertain: z.array(moneyView),
  })
  .meta({ id: 'Spend', description: 'One amount for each currency.' });

const blockView = z.object({
  kind: z.enum(closureKinds),
  connector: z.string(),
  until: instantView.nullable(),
  probe: z.string().nullable().meta({ description: 'The one task that is trying whether an open breaker may close.' }),
});

const silenceView = z.object({
  connector: z.string(),
  institutionId: z.string().nullable().meta({ description: 'Null: all of the provider.' }),
  since: instantView,
  missed: z.int().meta({ description: 'Of the last ones that were awaited, each of another connection.' }),
  of: z.int(),
});

export const providerView = z
  .object({
    provider: z.string(),
    connector: z.string().meta({ description: 'The one that the policy shown is for.' }),
    connectorOn: z.boolean(),
    paused: z.boolean(),
    blockedUntil: instantView.nullable(),
    blocks: z.array(blockView).meta({
      description: 'A breaker stands here until a task has tried it with success: its `until` may be past.',
    }),
    institutions: z.array(blockView.extend({ institutionId: z.string() })).meta({
      description: 'Those that are shut alone.',
    }),
    silent: z.array(silenceView).meta({
      description: 'Where background refreshes that are due have stopped coming: mode auto does not wait for them.',
    }),
    today: spendView,
    month: spendView,
    policy: policyView,
  })
  .meta({ id: 'Provider' });

export type ProviderAnswer = z.infer<typeof providerView>;

type Amount = 'reservedMicros' | 'chargedMicros' | 'uncertainMicros';

const toSpend = (spends: readonly ProviderSpend[]): ProviderAnswer['today'] => {
  const amounts = (of: Amount) =>
    spends.flatMap(({ currency, [of]: micros }) => (currency === null ? [] : [toMoney({ micros, currency })]));
  return {
    forced: spends.reduce((sum, { forced }) => sum + forced, 0),
    reserved: amounts('reservedMicros'),
    charged: amounts('chargedMicros'),
    uncertain: amounts('uncertainMicros'),
  };
};

const toBlock = ({ kind, connector, until, probe }: Closure) => ({
  kind,
  connector,
  until: toInstantOrNull(until),
  probe,
});

const toSilence = ({ connector, scope, scopeKey, silentSince, outcomes }: Feed) => ({
  connector,
  institutionId: scope === 'institution' ? scopeKey : null,
  since: toInstant(silentSince as number),
  missed: outcomes.filter(({ came }) => !came).length,
  of: outcomes.length,
});

export const toProvider = (overview: ProviderOverview): ProviderAnswer => ({
  provider: overview.provider,
  connector: overview.connector,
  connectorOn: overview.connectorOn,
  paused: overview.paused,
  blockedUntil: toInstantOrNull(overview.blockedUntil),
  blocks: overview.blocks.map(toBlock),
  institutions: overview.institutions.map((closure) => ({ ...toBlock(closure), institutionId: closure.scopeKey })),
  silent: overview.silent.map(toSilence),
  today: toSpend(overview.today),
  month: toSpend(overview.month),
  policy: toPolicy(overview.policy),
});
