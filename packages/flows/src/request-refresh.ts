import { DAY } from '@freshet/domain';
import type {
  ConnectionId,
  CustomerPresence,
  DecisionRecord,
  Effect,
  IdempotencyRecord,
  RefreshRequest,
  Task,
  TenantId,
} from '@freshet/domain';
import { decideRefresh, recordRefresh } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Loader } from '@freshet/ports';
import type { Engine } from './engine.js';
import { loadRefresh, type RefreshLoad } from './load-refresh.js';

/** How long an Idempotency-Key gets its first answer again. */
export const IDEMPOTENCY_KEPT_MS = DAY;

export interface RefreshCommand {
  readonly tenantId: TenantId;
  readonly connectionId: ConnectionId;
  readonly request: RefreshRequest;
  /** From the live request that is being served, and from nowhere else. */
  readonly presence: CustomerPresence | null;
  readonly idempotency: { readonly key: string; readonly fingerprint: string } | null;
}

export type RefreshResult =
  | { readonly kind: 'not-found' }
  /** The Idempotency-Key was used for another body. */
  | { readonly kind: 'mismatch' }
  | {
      readonly kind: 'decided';
      readonly record: DecisionRecord;
      readonly task: Task | null;
      readonly replayed: boolean;
    };

type WithEffects<Result> = Result & { readonly effects: readonly Effect[] };
const nothing = <Result>(result: Result): WithEffects<Result> => ({ ...result, effects: [] });

interface RequestLoad {
  readonly refresh: RefreshLoad | undefined;
  readonly earlier: { readonly idempotency: IdempotencyRecord; readonly record: DecisionRecord } | null;
}

const idempotencyId = (command: RefreshCommand): string | null =>
  command.idempotency === null
    ? null
    : JSON.stringify([command.tenantId, 'refresh', command.connectionId, command.idempotency.key]);

function* loadRequest(engine: Engine, command: RefreshCommand): Loader<RequestLoad> {
  const id = idempotencyId(command);
  const now = engine.clock.now();
  const idempotency = id === null ? null : yield* read('idempotency', { id });
  if (idempotency !== null && idempotency.expiresAt > now) {
    const record = yield* read('decision', { tenantId: command.tenantId, id: idempotency.decisionId });
    if (record !== null) return { refresh: undefined, earlier: { idempotency, record } };
  }
  const refresh = yield* loadRefresh(engine, command.tenantId, command.connectionId, command.request);
  return { refresh, earlier: null };
}

const replay = (
  command: RefreshCommand,
  { idempotency, record }: NonNullable<RequestLoad['earlier']>,
): RefreshResult =>
  idempotency.fingerprint === command.idempotency?.fingerprint
    ? { kind: 'decided', record, task: idempotency.task, replayed: true }
    : { kind: 'mismatch' };

const remember = (command: RefreshCommand, record: DecisionRecord, task: Task | null): readonly Effect[] => {
  const id = idempotencyId(command);
  if (id === null || command.idempotency === null) return [];
  const row: IdempotencyRecord = {
    id,
    tenantId: command.tenantId,
    fingerprint: command.idempotency.fingerprint,
    decisionId: record.id,
    task,
    expiresAt: record.decidedAt + IDEMPOTENCY_KEPT_MS,
  };
  return [{ do: 'put', record: 'idempotency', row }];
};

const decide = (
  command: RefreshCommand,
  load: RequestLoad,
  uuid: string,
  presence: string | null,
): WithEffects<RefreshResult> => {
  if (load.earlier !== null) return nothing(replay(command, load.earlier));
  if (load.refresh === undefined) return nothing({ kind: 'not-found' });
  const { facts, policy, openTask, counters } = load.refresh;
  const decision = decideRefresh(facts, command.request, policy);
  const recorded = recordRefresh({
    tenantId: command.tenantId,
    uuid,
    facts,
    counters,
    request: command.request,
    policy,
    decision,
    openTask,
    presence,
  });
  return {
    kind: 'decided',
    record: recorded.record,
    task: recorded.task,
    replayed: false,
    effects: [...recorded.effects, ...remember(command, recorded.record, recorded.task)],
  };
};

/** Once for each threshold: the turn that noticed it has committed. */
export const warnOfBudgets = ({ log }: Engine, effects: readonly Effect[]): void => {
  for (const effect of effects) {
    if (effect.do !== 'put' || effect.record !== 'budgetAlert') continue;
    const { tenantId, budget, provider, currency, threshold, amountMicros, usedMicros, periodEnd } = effect.row;
    const facts = { tenantId, budget, provider, currency, threshold, amountMicros, usedMicros, periodEnd };
    log.warn('a budget has reached a threshold', facts);
  }
};

/** The customer's address belongs to one pull: sealed for another, it does not open. */
export const presenceBelongsTo = (taskId: string): string => `presence of ${taskId}`;

/** One refresh request: decided and recorded in one turn, with its task where it forces one. */
export const requestRefresh = async (engine: Engine, command: RefreshCommand): Promise<RefreshResult> => {
  const uuid = engine.ids.next();
  const presence =
    command.presence === null
      ? null
      : engine.vault.seal(JSON.stringify(command.presence), presenceBelongsTo(`task_${uuid}`));
  const decided = await engine.store.turn(
    () => loadRequest(engine, command),
    (load) => decide(command, load, uuid, presence),
  );
  warnOfBudgets(engine, decided.effects);
  return decided;
};

/** The same decision without writing anything. */
export const previewRefresh = async (
  engine: Engine,
  command: Pick<RefreshCommand, 'tenantId' | 'connectionId' | 'request'>,
): Promise<{ readonly kind: 'not-found' } | { readonly kind: 'decided'; readonly record: DecisionRecord }> => {
  const uuid = engine.ids.next();
  const preview = await engine.store.turn(
    () => loadRefresh(engine, command.tenantId, command.connectionId, command.request),
    (load) => {
      if (load === undefined) return nothing({ kind: 'not-found' } as const);
      const { facts, policy, openTask, counters } = load;
      const { tenantId, request } = command;
      const decision = decideRefresh(facts, request, policy);
      const seen = { tenantId, uuid, facts, counters, request, policy, decision, openTask, presence: null };
      const { record } = recordRefresh(seen);
      return nothing({ kind: 'decided', record } as const);
    },
  );
  return preview;
};
