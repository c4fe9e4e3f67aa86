import { allows, permissionsOf } from '@freshet/domain';
import type {
  ChangeAnswer,
  Connection,
  ConnectionId,
  Effect,
  LinkIssued,
  Operation,
  Product,
  TenantId,
} from '@freshet/domain';
import { beginLooking, decideDelete, decidePaused, decideProductsAdded, type DeleteFacts } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Connector, Loader } from '@freshet/ports';
import { call, callContext, connectionCall } from './connection-call.js';
import { turnInputs, type Engine } from './engine.js';
import { policyOf } from './load-refresh.js';
import { loadHeld } from './load-task.js';
import { statusShown } from './status-looks.js';

/** Why an operation was not done. Nothing of it happened. */
export type NotDone =
  | { readonly kind: 'not-found' }
  /** The status forbids it. */
  | { readonly kind: 'not-allowed'; readonly connection: Connection }
  /** `needs`: what has to be set for it to be on. */
  | { readonly kind: 'connector-off'; readonly connector: string; readonly needs: readonly string[] }
  /** The provider said no for good, or that it limits us, is down, or did not say. */
  | {
      readonly kind: 'failed';
      readonly why: 'refused' | 'limited' | 'unavailable' | 'unknown';
      readonly message: string;
      readonly retryAt: number | null;
    };

export type RepairResult = NotDone | { readonly kind: 'link'; readonly link: LinkIssued };
export type ChangeResult = NotDone | { readonly kind: 'done'; readonly connection: Connection };

type Failure = Extract<ChangeAnswer, { kind: 'refused' | 'limited' | 'unavailable' | 'unknown' }>;

const failed = (answer: Failure): NotDone => ({
  kind: 'failed',
  why: answer.kind,
  message: 'message' in answer ? answer.message : 'the provider limits this call for now',
  retryAt: answer.kind === 'limited' ? answer.until : answer.kind === 'unavailable' ? answer.retryAt : null,
});

const connectorOff = (engine: Engine, { tenantId, connector }: Connection): NotDone => ({
  kind: 'connector-off',
  connector,
  needs: engine.connectorNeeds(tenantId, connector),
});

/** The connection, where its status lets the operation be. */
const allowed = async (
  engine: Engine,
  tenantId: TenantId,
  id: ConnectionId,
  operation: Operation,
): Promise<NotDone | { readonly kind: 'allowed'; readonly connection: Connection }> => {
  const connection = await engine.store.read('connection', { tenantId, id });
  if (connection === null) return { kind: 'not-found' };
  const current = { status: connection.status, reason: connection.statusReason };
  return allows(current, operation, true) ? { kind: 'allowed', connection } : { kind: 'not-allowed', connection };
};

/** The same, where there is also a connector to carry it out. */
const ready = async (
  engine: Engine,
  tenantId: TenantId,
  id: ConnectionId,
  operation: Operation,
): Promise<NotDone | { readonly kind: 'ready'; readonly connection: Connection; readonly connector: Connector }> => {
  const found = await allowed(engine, tenantId, id, operation);
  if (found.kind !== 'allowed') return found;
  const { connection } = found;
  const connector = engine.connectorsOf(tenantId).get(connection.connector);
  if (connector === undefined) return connectorOff(engine, connection);
  return { kind: 'ready', connection, connector };
};

/**
 * Whether the end of the repair would be seen. A connector that shows less than the engine knows (a consent, say) would call
 * it mended before it is; one that shows the trouble shows its end, too.
 */
const showsTheTrouble = async (
  engine: Engine,
  connection: Connection,
  { capabilities }: Connector,
): Promise<boolean> => {
  if (capabilities.tellsStatus) return true;
  const told = await statusShown(engine, connection);
  const shown = told && permissionsOf({ status: told.status, reason: told.reason });
  return shown !== null && shown.repair && shown.refresh !== 'yes';
};

/** A page where the customer mends the login. The status stays until they have. */
export const repairConnection = async (engine: Engine, tenantId: TenantId, id: ConnectionId): Promise<RepairResult> => {
  const found = await ready(engine, tenantId, id, 'repair');
  if (found.kind !== 'ready') return found;
  const isLookedFor = await showsTheTrouble(engine, found.connection, found.connector);
  const answer = await call(engine, found.connector, 'repair', (to) =>
    to.repair(connectionCall(engine, found.connection), callContext(engine, to.name)),
  );
  if (answer.kind !== 'link') return failed(answer);
  if (isLookedFor) {
    await engine.store.turn(
      () => read('connection', { tenantId, id }),
      (now) => ({ effects: now === null ? [] : [beginLooking(now, engine.clock.now())] }),
    );
  }
  return { kind: 'link', link: answer };
};

/** More products; those that are granted already are not asked for again. */
export const addProducts = async (
  engine: Engine,
  tenantId: TenantId,
  id: ConnectionId,
  products: readonly Product[],
): Promise<ChangeResult> => {
  const found = await ready(engine, tenantId, id, 'updateProducts');
  if (found.kind !== 'ready') return found;
  const { connection, connector } = found;
  const added = products.filter((product) => !connection.products.includes(product));
  if (added.length === 0) return { kind: 'done', connection };
  const request = { ...connectionCall(engine, connection), products: added };
  const answer = await call(engine, connector, 'addProducts', (to) =>
    to.addProducts(request, callContext(engine, to.name)),
  );
  if (answer.kind === 'gone') return failed({ kind: 'refused', message: 'the provider does not know this connection' });
  if (answer.kind !== 'accepted') return failed(answer);
  await engine.store.turn(
    () => read('connection', { tenantId, id }),
    (now): { readonly effects: readonly Effect[] } =>
      now === null ? { effects: [] } : decideProductsAdded(now, added, turnInputs(engine, `products of ${id}`)),
  );
  return { kind: 'done', connection: (await engine.store.read('connection', { tenantId, id })) ?? connection };
};

function* loadDelete(tenantId: TenantId, id: ConnectionId): Loader<DeleteFacts | undefined> {
  const group = yield* read('group', { tenantId, id });
  const connection = group.find((member) => member.id === id);
  if (connection === undefined) return undefined;
  const task = yield* read('openTask', { tenantId, groupKey: connection.groupKey });
  const open = task === null ? undefined : yield* loadHeld(task);
  return { connection, group, open: open ?? null };
}

/**
 * Undefined: done. Where the caller does the reading and no connector is on, the grant is the caller's own: nobody here
 * could revoke it, and nobody here has to.
 */
const severAtProvider = async (engine: Engine, connection: Connection): Promise<NotDone | undefined> => {
  const connector = engine.connectorsOf(connection.tenantId).get(connection.connector);
  if (connector === undefined) {
    const callersOwn = policyOf(engine, connection).forced.executor === 'caller';
    return callersOwn ? undefined : connectorOff(engine, connection);
  }
  const answer = await call(engine, connector, 'delete', (to) =>
    to.delete(connectionCall(engine, connection), callContext(engine, to.name)),
  );
  return answer.kind === 'accepted' || answer.kind === 'gone' ? undefined : failed(answer);
};

/** Severed at the provider, then here. */
export const deleteConnection = async (engine: Engine, tenantId: TenantId, id: ConnectionId): Promise<ChangeResult> => {
  const found = await allowed(engine, tenantId, id, 'delete');
  if (found.kind !== 'allowed') return found;
  const notSevered = await severAtProvider(engine, found.connection);
  if (notSevered !== undefined) return notSevered;
  await engine.store.turn(
    () => loadDelete(tenantId, id),
    (facts): { readonly effects: readonly Effect[] } =>
      facts === undefined ? { effects: [] } : decideDelete(facts, turnInputs(engine, `deletion of ${id}`)),
  );
  return { kind: 'done', connection: (await engine.store.read('connection', { tenantId, id })) ?? found.connection };
};

function* nothingToLoad(): Loader<null> {
  return null;
}

/** The kill switch of one provider. */
export const setProviderPaused = async (
  engine: Engine,
  tenantId: TenantId,
  provider: string,
  paused: boolean,
): Promise<void> => {
  await engine.store.turn(nothingToLoad, () =>
    decidePaused(tenantId, provider, paused, turnInputs(engine, 'operator')),
  );
};
