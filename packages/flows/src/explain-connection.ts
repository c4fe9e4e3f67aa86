import type { Connection, ConnectionId, DecisionRecord, RefreshRequest, TenantId } from '@freshet/domain';
import { decideRefresh, explain, newestData, type Explanation, type MadeRequest } from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import type { Engine } from './engine.js';
import { activeOf, groupOf, loadRefreshOf } from './load-refresh.js';

/** As many requests as somebody reads through. */
const REQUESTS_TOLD = 10;

const plain: RefreshRequest = { mode: 'auto', products: null, maxAgeMs: null, from: null, to: null, attended: false };

const asked = {
  auto: plain,
  unattended: { ...plain, mode: 'force' },
  attended: { ...plain, mode: 'force', attended: true },
} as const satisfies Readonly<Record<string, RefreshRequest>>;

function* loadMade(tenantId: TenantId, connectionId: ConnectionId): Loader<readonly MadeRequest[]> {
  const page = { tenantId, connectionId, limit: REQUESTS_TOLD, before: null };
  const records: readonly DecisionRecord[] = yield* read('decisionsPage', page);
  const made: MadeRequest[] = [];
  for (const record of records) {
    const task = record.taskId === null ? null : yield* read('task', { tenantId, id: record.taskId });
    made.push({ record, task });
  }
  return made;
}

export interface ExplainedConnection {
  readonly connection: Connection;
  readonly explanation: Explanation;
}

function* loadExplanation(engine: Engine, tenantId: TenantId, id: ConnectionId): Loader<ExplainedConnection | null> {
  const members = yield* read('group', { tenantId, id });
  const connection = members.find((member) => member.id === id);
  if (connection === undefined) return null;
  const group = groupOf(members, connection);
  const answer = function* (request: RefreshRequest) {
    const { facts, policy } = yield* loadRefreshOf(engine, connection, group, request);
    return decideRefresh(facts, request, policy);
  };
  const explanation = explain({
    now: engine.clock.now(),
    connection,
    activeId: activeOf(group, connection).id,
    lastDataAt: newestData(group),
    answered: {
      auto: yield* answer(asked.auto),
      unattended: yield* answer(asked.unattended),
      attended: yield* answer(asked.attended),
    },
    made: yield* loadMade(tenantId, id),
  });
  return { connection, explanation };
}

/** What one connection's requests came to, and what one would come to now: of one moment, and nothing is written. */
export const explainConnection = async (
  engine: Engine,
  tenantId: TenantId,
  id: ConnectionId,
): Promise<ExplainedConnection | null> => {
  const { loaded } = await engine.store.turn(
    () => loadExplanation(engine, tenantId, id),
    (loaded) => ({ loaded, effects: [] }),
  );
  return loaded;
};
