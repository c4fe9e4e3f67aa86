import { closureKinds } from '@freshet/domain';
import type { ProviderOverview } from '@freshet/flows';
import type { ProviderSpend } from '@freshet/ports';
import { z } from 'zod';
import { instantView, moneyView, toInstantOrNull, toMoney } from '../http/wire.js';
import { policyView, toPolicy } from '../policy/policy-view.js';

const spendView = z
  .object({
    forced: z.int().meta({ description: 'Forced refreshes that happened, or may have.' }),
    reserved: z.array(moneyView),
    charged: z.array(moneyView),
    uncertain: z.array(moneyView),
  })
  .meta({ id: 'Spend', description: 'One amount for each currency.' });

export const providerView = z
  .object({
    provider: z.string(),
    connector: z.string().meta({ description: 'The one that the policy shown is for.' }),
    paused: z.boolean(),
    blockedUntil: instantView.nullable(),
    blocks: z.array(z.object({ kind: z.enum(closureKinds), connector: z.string(), until: instantView.nullable() })),
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

export const toProvider = (overview: ProviderOverview): ProviderAnswer => ({
  provider: overview.provider,
  connector: overview.connector,
  paused: overview.paused,
  blockedUntil: toInstantOrNull(overview.blockedUntil),
  blocks: overview.blocks.map(({ kind, connector, until }) => ({ kind, connector, until: toInstantOrNull(until) })),
  today: toSpend(overview.today),
  month: toSpend(overview.month),
  policy: toPolicy(overview.policy),
});
