import { describe, expect, test } from '@jest/globals';
import { idOf, MINUTE } from '@freshet/domain';
import type { InvoiceId, InvoiceLine, PullId } from '@freshet/domain';
import fc from 'fast-check';
import { NOW } from '../../src/contract/audit-rows.js';
import { TENANT } from '../../src/contract/rig.js';
import { matchLines, type Chargeable, type Difference } from '../../src/invoices/match-lines.js';

const TOLERANCE = 15 * MINUTE;
const PRICE = 120_000;

const line = (number: number, minutes: number, over: Partial<InvoiceLine> = {}): InvoiceLine => ({
  id: `line/${number}`,
  tenantId: TENANT,
  invoiceId: 'inv_1' as InvoiceId,
  line: number,
  unit: 'connection ext-1',
  at: NOW + minutes * MINUTE,
  until: NOW + minutes * MINUTE,
  connection: 'ext-1',
  job: null,
  product: null,
  products: [],
  micros: PRICE,
  ...over,
});

const charge = (name: string, minutes: number, over: Partial<Chargeable> = {}): Chargeable => ({
  pullId: name as PullId,
  taskId: null,
  connectionId: idOf('connection', 'one'),
  job: null,
  products: ['BALANCES', 'TRANSACTIONS'],
  from: NOW + minutes * MINUTE,
  until: NOW + minutes * MINUTE,
  micros: PRICE,
  fate: 'charged',
  isDue: true,
  ...over,
});

const told = ({ kind, lines, ours, micros }: Difference): string =>
  `${kind} ${[...lines, ours?.pullId ?? '-'].join(' ')} ${micros}`;

const matched = (lines: readonly InvoiceLine[], charges: readonly Chargeable[]): readonly string[] =>
  matchLines(lines, charges, TOLERANCE, null).differences.map(told);

describe('a line takes', () => {
  test.each<
    readonly [
      what: string,
      lines: readonly InvoiceLine[],
      charges: readonly Chargeable[],
      differences: readonly string[],
    ]
  >([
    ['the charge of its moment', [line(2, 0)], [charge('a', 0)], []],
    ['one that is just near enough', [line(2, 15)], [charge('a', 0)], []],
    [
      'none that is just too far',
      [line(2, 15, { until: NOW + 16 * MINUTE, at: NOW + 15 * MINUTE + 1 })],
      [charge('a', 0)],
      [`not-billed a ${PRICE}`, `unknown 2 - ${PRICE}`],
    ],
    ['one whose job ran until then', [line(2, 60)], [charge('a', 0, { until: NOW + 50 * MINUTE })], []],
    [
      'one of its day, where it has a day alone',
      [line(2, 0, { until: NOW + 23 * 60 * MINUTE })],
      [charge('a', 700)],
      [],
    ],
    ['the nearest', [line(2, 6)], [charge('a', 0), charge('b', 10)], [`not-billed a ${PRICE}`]],
    ['the earlier of two as near', [line(2, 5)], [charge('b', 10), charge('a', 0)], [`not-billed b ${PRICE}`]],
    [
      'that whose job it names, however far',
      [line(2, 0, { job: 'j' })],
      [charge('a', 0), charge('b', 900, { job: 'j' })],
      [`not-billed a ${PRICE}`],
    ],
    ['the nearest, where nobody knows its job', [line(2, 0, { job: 'x' })], [charge('a', 0, { job: 'j' })], []],
    ['one that another has not taken', [line(2, 0), line(3, 0)], [charge('a', 0), charge('b', 5)], []],
    ['none that another has taken', [line(2, 0), line(3, 1)], [charge('a', 0)], [`unknown 3 - ${PRICE}`]],
    [
      'what surely did not happen only where nothing else is left',
      [line(2, 0)],
      [charge('a', 0, { fate: 'released' }), charge('b', 9)],
      [],
    ],
    [
      'what surely did not happen, and says so',
      [line(2, 0)],
      [charge('a', 0, { fate: 'released' })],
      [`not-owed 2 a ${PRICE}`],
    ],
    [
      'one at another amount, by the difference',
      [line(2, 0, { micros: 100_000 })],
      [charge('a', 0)],
      ['other-amount 2 a 20000'],
    ],
    ['one that is under way yet', [line(2, 0)], [charge('a', 0, { fate: 'reserved' })], []],
    [
      'an uncertain one, which is decided by it',
      [line(2, 0)],
      [charge('a', 0, { fate: 'uncertain' })],
      [`uncertain-billed 2 a ${PRICE}`],
    ],
    [
      'a part of one, where another has other products of it',
      [
        line(2, 0, { products: ['BALANCES'], micros: 20_000 }),
        line(3, 0, { products: ['TRANSACTIONS'], micros: 100_000 }),
      ],
      [charge('a', 0)],
      [],
    ],
    [
      'none that does not bring its product',
      [line(2, 0, { products: ['OWNERS'] })],
      [charge('a', 0)],
      [`not-billed a ${PRICE}`, `unknown 2 - ${PRICE}`],
    ],
    [
      'no part of one that a whole line bills',
      [line(2, 0), line(3, 0, { products: ['BALANCES'] })],
      [charge('a', 0)],
      [`unknown 3 - ${PRICE}`],
    ],
  ])('%s', (_what, lines, charges, differences) => {
    expect(matched(lines, charges)).toEqual(differences);
  });

  test('nothing for what is not missed: it is of another period, free, released or under way', () => {
    const charges = [
      charge('a', 0, { isDue: false }),
      charge('b', 0, { micros: 0 }),
      charge('c', 0, { fate: 'released' }),
      charge('d', 0, { fate: 'reserved' }),
      charge('e', 0, { fate: 'uncertain' }),
    ];
    expect(matched([], charges)).toEqual([`uncertain-not-billed e ${PRICE}`]);
  });
});

const someLines = fc.array(fc.record({ minutes: fc.nat(90), micros: fc.constantFrom(0, PRICE, 100_000) }), {
  maxLength: 12,
});
const someCharges = fc.array(
  fc.record({ minutes: fc.nat(90), fate: fc.constantFrom('charged', 'uncertain', 'released', 'reserved') }),
  { maxLength: 12 },
);

test('whatever is compared: each line is counted once, no charge twice, and the order of what came in says nothing', () => {
  fc.assert(
    fc.property(someLines, someCharges, fc.infiniteStream(fc.nat()), (lineSeeds, chargeSeeds, shuffle) => {
      const lines = lineSeeds.map(({ minutes, micros }, n) => line(n + 2, minutes, { micros }));
      const charges = chargeSeeds.map(({ minutes, fate }, n) =>
        charge(`p${String(n).padStart(2, '0')}`, minutes, { fate }),
      );
      const mixed = <Item>(items: readonly Item[]): readonly Item[] =>
        items
          .map((item) => ({ item, rank: shuffle.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ item }) => item);
      const one = matchLines(lines, charges, TOLERANCE, null);
      const other = matchLines(mixed(lines), mixed(charges), TOLERANCE, null);
      expect(other.differences.map(told).sort()).toEqual(one.differences.map(told).sort());
      const unknown = one.differences.filter(({ kind }) => kind === 'unknown');
      expect(one.matched + unknown.length).toBe(lines.length);
      const numbers = one.differences.flatMap((difference) => difference.lines);
      expect(new Set(numbers).size).toBe(numbers.length);
      const pulls = one.differences.flatMap(({ ours }) => ours?.pullId ?? []);
      expect(new Set(pulls).size).toBe(pulls.length);
      expect(one.matched).toBeLessThanOrEqual(charges.length);
    }),
  );
});
