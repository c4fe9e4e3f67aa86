import type { ConnectionId } from '@freshet/domain';
import { decideConsent } from '@freshet/policy';
import { read } from '@freshet/ports';
import { turnInputs } from '../engine.js';
import { policyOf } from '../load-refresh.js';
import { ALREADY_RIGHT, causeOf, recordedTurn, type Attempt, type Repairing } from './recorded.js';

/** Gives a connection whose consent has ended the status that the catalogue says. */
export const endConsent = (repairing: Repairing, id: ConnectionId): Promise<Attempt> => {
  const { engine, finding } = repairing;
  return recordedTurn(
    repairing,
    () => read('connection', { tenantId: finding.tenantId, id }),
    (connection) => {
      if (connection === null) return ALREADY_RIGHT;
      const inputs = turnInputs(engine, causeOf(repairing));
      return {
        what: 'The end of its consent was taken in, as the catalogue says.',
        rows: [connection],
        effects: decideConsent(connection, policyOf(engine, connection), inputs).effects,
      };
    },
  );
};
