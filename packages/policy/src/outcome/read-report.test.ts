import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HOUR } from '@freshet/domain';
import { noon, policy } from '../../test/given.js';
import { providers } from '../catalogue/providers/index.js';
import { resolveOutcomes } from '../catalogue/resolve.js';
import { outcomeWords } from '../policy.js';
import { readReport, type Report } from './read-report.js';

const nothing: Report = {
  outcome: null,
  code: null,
  httpStatus: null,
  newData: null,
  asOf: null,
  retryAt: null,
  products: null,
  scope: null,
};
const told = (more: Partial<Report>): Report => ({ ...nothing, ...more });

const figures = Object.entries(providers.AKOYA.signals.outcomes);
const fdx = policy({
  readOutcomes: resolveOutcomes(Object.fromEntries(figures.map(([code, { value }]) => [code, value]))),
});
const read = (more: Partial<Report>, rules = fdx) => readReport(told(more), rules);

const dead = { kind: 'customer-needed', event: 'failed_token_expired' };

describe('a code alone', () => {
  test.each([
    ['500', { kind: 'unavailable', who: 'provider' }],
    ['501', { kind: 'unavailable', who: 'institution' }],
    ['503', { kind: 'unavailable', who: 'provider' }],
    ['601', { kind: 'customer-needed', event: 'failed_otherwise' }],
    ['602', dead],
    ['701', { kind: 'refused' }],
    ['702', { kind: 'refused' }],
    ['703', { kind: 'refused' }],
    ['704', { kind: 'refused' }],
    ['705', { kind: 'refused' }],
    ['1207', { kind: 'limited', until: null, scope: 'connection', said: '1207' }],
  ])('%s says what became of the read', (code, expected) => {
    expect(read({ code })).toMatchObject(expected);
  });

  test('every code of the table is one of these', () => {
    expect(figures.map(([code]) => code)).toEqual([
      '500',
      '501',
      '503',
      '601',
      '602',
      '701',
      '702',
      '703',
      '704',
      '705',
      '1207',
    ]);
  });

  test.each(['603', '0602', 'constructor', 'toString', ''])('%j says nothing', (code) => {
    expect(read({ code })).toBeUndefined();
  });

  test('means nothing at another provider', () => {
    expect(read({ code: '602' }, policy())).toBeUndefined();
  });
});

describe('an HTTP status', () => {
  test.each([
    [200, { kind: 'done' }],
    [204, { kind: 'done' }],
    [206, { kind: 'partial', products: null }],
    [302, { kind: 'refused' }],
    [400, { kind: 'refused' }],
    [401, dead],
    [403, { kind: 'refused' }],
    [404, { kind: 'refused' }],
    [408, { kind: 'unavailable', who: 'institution' }],
    [410, { kind: 'refused' }],
    [429, { kind: 'limited', until: null, scope: 'connection' }],
    [499, { kind: 'refused' }],
    [500, { kind: 'unavailable', who: 'provider' }],
    [502, { kind: 'unavailable', who: 'institution' }],
    [503, { kind: 'unavailable', who: 'provider' }],
    [504, { kind: 'unavailable', who: 'institution' }],
    [599, { kind: 'unavailable', who: 'provider' }],
  ])('%i alone says what became of the read', (httpStatus, expected) => {
    expect(read({ httpStatus }, policy())).toMatchObject(expected);
  });

  test('that is none of HTTP says nothing', () => {
    expect(read({ httpStatus: 100 })).toBeUndefined();
    expect(read({ httpStatus: 600 })).toBeUndefined();
  });

  test('says less than a code that is known, and more than one that is not', () => {
    expect(read({ httpStatus: 500, code: '501' })).toMatchObject({ who: 'institution' });
    expect(read({ httpStatus: 404, code: '601' })).toMatchObject({ kind: 'customer-needed' });
    expect(read({ httpStatus: 401, code: '999' })).toMatchObject(dead);
  });
});

describe('an outcome that is named', () => {
  test('stands, and the answer fills in what it leaves open', () => {
    expect(read({ outcome: 'customer-needed', code: '602' })).toMatchObject(dead);
    expect(read({ outcome: 'customer-needed' })).toMatchObject({ event: 'failed_customer_needed' });
    expect(read({ outcome: 'unavailable', httpStatus: 504 })).toMatchObject({ who: 'institution' });
    expect(read({ outcome: 'unavailable' })).toMatchObject({ who: 'provider' });
  });

  test('stands against an answer that says otherwise', () => {
    expect(read({ outcome: 'done', code: '602' })).toEqual({ kind: 'done', asOf: null, newData: null });
    expect(read({ outcome: 'refused', code: '602' })).toMatchObject({ kind: 'refused' });
  });

  test('keeps what it is told with', () => {
    expect(read({ outcome: 'limited', retryAt: noon + HOUR, scope: 'institution', code: '1207' })).toEqual({
      kind: 'limited',
      until: noon + HOUR,
      scope: 'institution',
      said: '1207',
    });
    expect(read({ httpStatus: 206, products: ['BALANCES'], asOf: noon, newData: true })).toEqual({
      kind: 'partial',
      asOf: noon,
      newData: true,
      products: ['BALANCES'],
    });
    expect(read({ httpStatus: 503, retryAt: noon })).toMatchObject({ retryAt: noon });
  });
});

test('whatever is reported has an outcome or none, and no free text comes into its message', () => {
  fc.assert(
    fc.property(
      fc.option(fc.constantFrom(...outcomeWords)),
      fc.option(fc.oneof(fc.string(), fc.constantFrom('602', '__proto__'))),
      fc.option(fc.integer({ min: 0, max: 999 })),
      (outcome, code, httpStatus) => {
        const outcomes = read({ outcome, code, httpStatus });
        if (outcome !== null) expect(outcomes?.kind).toBe(outcome);
        if (outcomes !== undefined && 'message' in outcomes) {
          expect(outcomes.message).toMatch(/^as the caller reported( \((HTTP \d+)? ?[\w.-]*\))?$/);
        }
      },
    ),
  );
});
