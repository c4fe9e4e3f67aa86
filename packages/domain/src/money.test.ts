import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addMoney, formatAmount, isCurrency, money, parseAmount } from './money.js';

describe('money', () => {
  test('is whole micros of a currency', () => {
    expect(money(120_000, 'USD')).toEqual({ micros: 120_000, currency: 'USD' });
  });

  test('is added exactly where floating point would not be', () => {
    expect(addMoney(money(100_000, 'USD'), money(200_000, 'USD'))).toEqual(money(300_000, 'USD'));
  });

  test.each([
    ['the largest safe integer', Number.MAX_SAFE_INTEGER],
    ['the smallest safe integer', Number.MIN_SAFE_INTEGER],
    ['nothing', 0],
  ])('holds %s', (_what, micros) => {
    expect(money(micros, 'USD').micros).toBe(micros);
  });

  test.each([
    ['half a micro', 0.5],
    ['one more than a safe integer', Number.MAX_SAFE_INTEGER + 1],
    ['no number', Number.NaN],
    ['no end', Number.POSITIVE_INFINITY],
  ])('refuses %s', (_what, micros) => {
    expect(() => money(micros, 'USD')).toThrow(RangeError);
  });

  test('refuses a sum that is not exact any more', () => {
    expect(() => addMoney(money(Number.MAX_SAFE_INTEGER, 'USD'), money(1, 'USD'))).toThrow(RangeError);
  });

  test.each(['usd', 'US', 'USDT', '', 'U1D', 'USD '])('refuses %j as a currency', (currency) => {
    expect(isCurrency(currency)).toBe(false);
    expect(() => money(1, currency)).toThrow(RangeError);
  });

  test('of two currencies known to the compiler is never added', () => {
    const dollars = money(1, 'USD');
    const euros = money(1, 'EUR');
    // @ts-expect-error euros are not dollars
    expect(() => addMoney(dollars, euros)).toThrow('cannot add EUR to USD');
  });

  test('of two currencies known at run time only is refused then', () => {
    const [a, b]: string[] = ['USD', 'EUR'];
    expect(() => addMoney(money(1, a ?? ''), money(1, b ?? ''))).toThrow(RangeError);
  });
});

describe('an amount', () => {
  test.each([
    [0, '0.000000'],
    [1, '0.000001'],
    [120_000, '0.120000'],
    [-120_000, '-0.120000'],
    [1_000_000, '1.000000'],
    [12_345_678_901, '12345.678901'],
  ])('of %d micros is written as %s', (micros, text) => {
    expect(formatAmount(micros)).toBe(text);
  });

  test.each([
    ['1', 1_000_000],
    ['0.12', 120_000],
    ['-0.12', -120_000],
    ['-0', 0],
    ['0.000001', 1],
    ['999999999.999999', 999_999_999_999_999],
  ])('%s is read', (text, micros) => {
    expect(parseAmount(text)).toBe(micros);
  });

  test.each([
    ['a seventh decimal', '0.0000001'],
    ['a tenth digit', '1000000000'],
    ['a point without decimals', '1.'],
    ['a point without a whole', '.5'],
    ['a plus', '+1'],
    ['a comma', '1,5'],
    ['an exponent', '1e3'],
    ['a space', ' 1'],
    ['nothing', ''],
  ])('is not read from %s', (_what, text) => {
    expect(parseAmount(text)).toBeUndefined();
  });

  test('survives being written and read', () => {
    fc.assert(
      fc.property(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }), (micros) => {
        expect(parseAmount(formatAmount(micros))).toBe(micros);
      }),
    );
  });
});
