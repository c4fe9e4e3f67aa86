import { describe, expect, test } from '@jest/globals';
import { idOf, type ConnectionId } from '@freshet/domain';
import type { KeptLink } from '@freshet/ports';
import { wholePrefix } from '../../src/audit/chain-walk.js';
import { risingIds } from '../../src/contract/audit-rows.js';

const ids = risingIds();
const connectionId = idOf('connection', ids.next());
const other = idOf('connection', ids.next());

const row = (sequence: number, of: ConnectionId = connectionId): KeptLink => ({
  ...{ id: `row ${sequence}`, connectionId: of, madeAt: sequence, sequence },
  ...{ previous: `link ${sequence - 1}`, link: `link ${sequence}`, computed: `link ${sequence}` },
});

const rows = [4, 5, 6, 7].map((sequence) => row(sequence));
const changed = (place: number, over: Partial<KeptLink>): readonly KeptLink[] =>
  rows.map((each, index) => (index === place ? { ...each, ...over } : each));

describe('what may leave a chain', () => {
  test.each<
    readonly [what: string, links: readonly KeptLink[], before: number, limit: number, expected: readonly number[]]
  >([
    ['all that is old', rows, 99, 9, [4, 5, 6, 7]],
    ['up to the first that is young', rows, 6, 9, [4, 5]],
    ['not the last of a full page: whether the next one fits it is not known', rows, 99, 4, [4, 5, 6]],
    ['the last of a page in which another chain begins', [...rows, row(1, other)], 99, 5, [4, 5, 6, 7]],
    ['up to the first that was changed', changed(2, { computed: 'x' }), 99, 9, [4, 5]],
    ['not the one that the next does not name', changed(1, { link: 'x', computed: 'x' }), 99, 9, [4]],
    ['not the first, where the next does not name it', changed(0, { link: 'x', computed: 'x' }), 99, 9, []],
    ['not the one before a gap', rows.toSpliced(2, 1), 99, 9, [4]],
    ['nothing of another chain', [row(1, other)], 99, 9, []],
  ])('%s', (_what, links, before, limit, expected) => {
    expect(wholePrefix(links, connectionId, before, limit).map(({ sequence }) => sequence)).toEqual(expected);
  });
});
