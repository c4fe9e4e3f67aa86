import { closureId, insert, isTerminal, put, remove } from '@freshet/domain';
import type { BudgetCounter, Connection, Effect, LedgerEntry, Product, Pull, Task, TenantId } from '@freshet/domain';
import { withoutConnection } from '../event/leaving.js';
import { otherPull } from '../event/other-pull.js';
import { decideCancel } from '../outcome/decide-start.js';
import type { TurnInputs } from '../turn-inputs.js';
import { draftOf, draftsEffects, draftEffects, happen, set } from './draft.js';
import { withoutEnded } from './ended.js';
import { forgetBeside } from './severed.js';

/** A connect that nobody completed within this time is abandoned (`reference/meld.md` 2, row 3). */
export const CONNECT_ABANDONED_MS = 4 * 3_600_000;

export interface DeleteFacts {
  readonly connection: Connection;
  readonly group: readonly Connection[];
  /** The group's open task, with what it holds; only one of this very connection is touched. */
  readonly open: {
    readonly task: Task;
    readonly pull: Pull;
    readonly entries: readonly LedgerEntry[];
    readonly counters: readonly BudgetCounter[];
  } | null;
}

/**
 * Deleted: the next twin takes its place with its last status, its queued task is cancelled with the money released,
 * its credentials are gone. A running task goes on with what it is looked for with: its outcome then touches only the
 * ledger, and erases that.
 */
export const decideDelete = (facts: DeleteFacts, inputs: TurnInputs): { readonly effects: readonly Effect[] } => {
  const { connection, group, open } = facts;
  if (connection.status === 'DELETED') return { effects: [] };
  const own = open !== null && open.task.connectionId === connection.id ? open : null;
  return {
    effects: [
      ...(own === null ? [] : decideCancel({ ...own, group }, inputs).effects),
      ...draftsEffects(withoutConnection(connection, group, own?.task ?? null, inputs), inputs),
      ...forgetBeside(connection),
    ],
  };
};

/** Granted from now on; the provider pulls what is new by itself, and that pull counts. */
export const decideProductsAdded = (
  connection: Connection,
  products: readonly Product[],
  inputs: TurnInputs,
): { readonly effects: readonly Effect[] } => {
  const added = products.filter((product) => !connection.products.includes(product));
  if (added.length === 0 || isTerminal(connection.status)) return { effects: [] };
  const draft = set(draftOf(connection), { products: [...connection.products, ...added] });
  const pull = otherPull(connection, 'products', 'accepted', added, inputs.now, inputs);
  return { effects: [...draftEffects(draft, inputs), insert('pull', pull)] };
};

/** Four hours in the widget without an end: EXPIRED. `group`: its living members, itself among them. */
export const decideAbandoned = (
  connection: Connection,
  group: readonly Connection[],
  inputs: TurnInputs,
): { readonly effects: readonly Effect[] } => {
  if (connection.status !== 'IN_PROGRESS' || inputs.now < connection.connectedAt + CONNECT_ABANDONED_MS) {
    return { effects: [] };
  }
  const drafts = group.map(draftOf);
  const after = drafts.map((draft) =>
    draft.after.id === connection.id ? happen(draft, 'connect_abandoned', inputs) : draft,
  );
  return { effects: draftsEffects(withoutEnded(after, inputs), inputs) };
};

/** An operator's kill switch of one provider: nothing is forced, nothing is lost. */
export const decidePaused = (
  tenantId: TenantId,
  provider: string,
  paused: boolean,
  inputs: TurnInputs,
): { readonly effects: readonly Effect[] } => {
  const subject = { tenantId, connector: '*', provider, scope: 'provider', scopeKey: '', kind: 'paused' } as const;
  const id = closureId(subject);
  return {
    effects: [
      paused ? put('closure', { id, ...subject, until: null, probe: null, at: inputs.now }) : remove('closure', id),
    ],
  };
};
