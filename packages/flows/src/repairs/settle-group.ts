import { decideGroupSettled } from '@freshet/policy';
import { read } from '@freshet/ports';
import { turnInputs } from '../engine.js';
import { causeOf, recordedTurn, type Attempt, type Repairing } from './recorded.js';

/** One active member of the group, by its own rule. */
export const settleGroup = (repairing: Repairing, groupKey: string): Promise<Attempt> => {
  const { engine, finding } = repairing;
  return recordedTurn(
    repairing,
    () => read('groupByKey', { tenantId: finding.tenantId, groupKey }),
    (members) => ({
      what: 'The group was settled anew: one connection is active, the others are inactive duplicates.',
      rows: members,
      effects: decideGroupSettled(members, turnInputs(engine, causeOf(repairing))).effects,
    }),
  );
};
