import { expect, test } from '@jest/globals';
import { candidate } from '../../test/sweeps.js';
import { sweepColumns } from './columns.js';

test.each([
  [1e-300, 0],
  [1e-9, 1e-9],
  [0.6, 0.6],
])('read %d times a day counts as %d', (readsPerDay, counted) => {
  expect([...sweepColumns([candidate('a', { readsPerDay })]).readsPerDay]).toEqual([counted]);
});
