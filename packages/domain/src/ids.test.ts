import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { idOf, idPrefixes, madeAt, parseId, uuidv7, type IdKind } from './ids.js';

const zeros = new Uint8Array(10);
const ones = new Uint8Array(10).fill(0xff);
const millisecond = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const randomness = fc.uint8Array({ minLength: 10, maxLength: 10 });

describe('uuidv7', () => {
  test('lays time, version, variant and randomness out as RFC 9562 does', () => {
    // The example of RFC 9562, appendix A.6: 2022-02-22T19:22:22Z, rand_a 0xcc3, rand_b 0x18c4dc0c0c07398f.
    const random = Uint8Array.from([0x0c, 0xc3, 0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
    expect(uuidv7(1_645_557_742_000, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  test.each([
    ['no randomness', 0, zeros, '00000000-0000-7000-8000-000000000000'],
    ['all randomness', 0, ones, '00000000-0000-7fff-bfff-ffffffffffff'],
    ['the last millisecond that fits', 2 ** 48 - 1, zeros, 'ffffffff-ffff-7000-8000-000000000000'],
  ])('keeps version 7 and variant 10 with %s', (_what, now, random, expected) => {
    expect(uuidv7(now, random)).toBe(expected);
  });

  test('sorts as text by the millisecond in which it was made', () => {
    fc.assert(
      fc.property(millisecond, millisecond, randomness, randomness, (a, b, left, right) => {
        fc.pre(a !== b);
        expect(uuidv7(a, left) < uuidv7(b, right)).toBe(a < b);
      }),
    );
  });

  test('refuses fewer than ten random bytes: an id that repeats is worse than none', () => {
    expect(() => uuidv7(0, new Uint8Array(9))).toThrow(RangeError);
  });
});

describe('an id', () => {
  test('is what it was parsed from, for every kind and every moment', () => {
    const kind = fc.constantFrom(...(Object.keys(idPrefixes) as IdKind[]));
    fc.assert(
      fc.property(kind, millisecond, randomness, (name, now, random) => {
        const id = idOf(name, uuidv7(now, random));
        expect(parseId(name, id)).toBe(id);
      }),
    );
  });

  test('has a prefix that no other kind has', () => {
    const prefixes = Object.values(idPrefixes);
    expect(new Set(prefixes).size).toBe(prefixes.length);
  });

  test('tells when it was made, where it is one', () => {
    const at = Date.UTC(2026, 4, 20, 2, 0, 0, 123);
    expect(madeAt(idOf('pull', uuidv7(at, new Uint8Array(10).fill(255))))).toBe(at);
    expect(madeAt(idOf('pull', uuidv7(0, new Uint8Array(10))))).toBe(0);
    expect(madeAt('pull_1')).toBeUndefined();
    expect(madeAt('pull_0192f0c1-2345-4abc-8def-0123456789ab')).toBeUndefined();
  });

  const good = '0192f0c1-2345-7abc-8def-0123456789ab';

  test('of its own kind is taken: the control row of the malformed ones', () => {
    expect(parseId('task', `task_${good}`)).toBe(`task_${good}`);
  });

  test.each([
    ['another kind', `conn_${good}`],
    ['no prefix', good],
    ['an unknown prefix', `tasks_${good}`],
    ['capital letters', `task_${good.toUpperCase()}`],
    ['another version', `task_${good.replace('-7', '-4')}`],
    ['another variant', `task_${good.replace('-8', '-c')}`],
    ['a letter too many', `task_${good}0`],
    ['nothing behind the prefix', 'task_'],
    ['a trailing line break', `task_${good}\n`],
    ['nothing at all', ''],
  ])('is not read from text with %s', (_what, text) => {
    expect(parseId('task', text)).toBeUndefined();
  });
});
