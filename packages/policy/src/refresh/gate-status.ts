import { permissionsOf } from '@freshet/domain';
import type { Considered, GateAnswer } from './gate.js';
import { because, passed } from './gate.js';

/** Gate 1: the group's active status allows it; else the refusal names the operation that helps, and where. */
export const statusGate = ({ governing }: Considered): GateAnswer => {
  const permissions = permissionsOf({ status: governing.status, reason: governing.statusReason });
  const data = { status: governing.status, reason: governing.statusReason, connectionId: governing.id };
  if (permissions.refresh === 'yes') return passed('status', 'STATUS_ALLOWS', data);
  if (permissions.refresh === 'attended') return passed('status', 'STATUS_ATTENDED_ONLY', data);
  return {
    reasons: [because('status', 'STATUS_FORBIDS', { ...data, operation: permissions.instead })],
    ends: {
      verdict: 'refuse',
      refusal: 'not-refreshable',
      operation: permissions.instead,
      operationConnectionId: governing.id,
    },
  };
};
