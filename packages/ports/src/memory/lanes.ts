import type { TaskLane } from '../due-reads.js';
import { ALL, countWhile, type Index } from './table.js';
import { rankOfLane } from './tables.js';

/** The lane of the first row whose lane comes after that one. */
export const nextLane = <Row extends TaskLane>(lanes: Index<Row>, after: TaskLane): TaskLane | null => {
  const rows = lanes.of(ALL);
  const next = rows[countWhile(rows, (row) => rankOfLane(row) <= rankOfLane(after))];
  return next === undefined ? null : { connector: next.connector, provider: next.provider, tenantId: next.tenantId };
};
