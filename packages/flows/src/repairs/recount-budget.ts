import type { BudgetCounter, Instant } from '@freshet/domain';
import { decideRecounted } from '@freshet/policy';
import { read, type LedgerTotals, type Loader } from '@freshet/ports';
import { PERIODS_BACK_MS } from '../audit/look-backs.js';
import { ALREADY_RIGHT, notRepairable, recordedTurn, type Attempt, type Repairing } from './recorded.js';

interface Recount {
  readonly counter: BudgetCounter | null;
  readonly totals: LedgerTotals | null;
}

function* loadRecount({ finding: { tenantId } }: Repairing, id: string, at: Instant): Loader<Recount> {
  const counters = yield* read('budgetCounters', { tenantId, at });
  const counter = counters.find((each) => each.id === id) ?? null;
  if (counter === null) return { counter, totals: null };
  const { provider, currency, periodStart: from, periodEnd: until } = counter;
  return { counter, totals: yield* read('ledgerTotals', { tenantId, provider, currency, from, until }) };
}

/** Counts a budget's period anew from the ledger. */
export const recountBudget = (repairing: Repairing, counterId: string, periodStart: Instant): Promise<Attempt> =>
  recordedTurn(
    repairing,
    () => loadRecount(repairing, counterId, periodStart),
    ({ counter, totals }) => {
      if (counter === null || totals === null) return ALREADY_RIGHT;
      // Of what is kept in the ledger no longer than checks need it, an old audit's repair would count the rest.
      if (counter.periodEnd <= repairing.engine.clock.now() - PERIODS_BACK_MS) {
        return notRepairable('its period ended so long ago that its money may have left the ledger');
      }
      const { effects } = decideRecounted(counter, totals);
      return { what: 'The budget was counted anew from the ledger.', rows: [counter], effects };
    },
  );
