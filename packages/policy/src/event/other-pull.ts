import { idOf } from '@freshet/domain';
import type { Connection, Product, Pull, PullOrigin } from '@freshet/domain';
import type { TurnInputs } from '../turn-inputs.js';

/** A pull that nobody asked for as a refresh: it counts all the same. */
export const otherPull = (
  connection: Connection,
  origin: PullOrigin,
  state: Pull['state'],
  products: readonly Product[],
  at: number,
  inputs: TurnInputs,
): Pull => ({
  id: idOf('pull', inputs.newId()),
  tenantId: connection.tenantId,
  connector: connection.connector,
  provider: connection.provider,
  connectionId: connection.id,
  groupKey: connection.groupKey,
  customerId: connection.customerId,
  institutionId: connection.institutionId,
  taskId: null,
  origin,
  attended: false,
  products,
  state,
  at,
  sentAt: at,
  endedAt: state === 'accepted' ? null : at,
  newData: null,
  presence: null,
  sinceAt: null,
  presenceUntil: null,
});
