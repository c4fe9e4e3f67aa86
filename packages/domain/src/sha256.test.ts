import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hash } from 'node:crypto';
import { sha256 } from './sha256.js';

describe('SHA-256', () => {
  test.each([
    ['nothing', '', '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'],
    ['abc (FIPS 180-4)', 'abc', 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'],
  ])('of %s is what the standard says', (_what, text, digest) => {
    expect(sha256(text)).toBe(digest);
  });

  test('is what Node says, of any text and length', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 50, maxLength: 200 }));
    fc.assert(fc.property(texts, (text) => expect(sha256(text)).toBe(hash('sha256', text, 'base64url'))));
    for (const length of [55, 56, 63, 64, 119, 120, 5_000]) {
      const text = 'é'.repeat(length);
      expect(sha256(text)).toBe(hash('sha256', text, 'base64url'));
    }
    expect(sha256('half \ud800 a pair')).toBe(hash('sha256', 'half \ud800 a pair', 'base64url'));
  });
});
