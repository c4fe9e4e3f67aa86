import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createVault, parseEncryptionKey } from '../../src/engine/aes-vault.js';
import { SettingsError } from '../../src/engine/settings-error.js';

const key = randomBytes(32);
const vault = createVault(key);

describe('the vault', () => {
  test('opens what it sealed, for whom it sealed it', () => {
    expect(vault.open(vault.seal('{"token":"ü"}', 'connection 1'), 'connection 1')).toBe('{"token":"ü"}');
  });

  test('seals the same text differently each time, and shows nothing of it', () => {
    const [one, two] = [vault.seal('secret-canary', 'x'), vault.seal('secret-canary', 'x')];
    expect(one).not.toBe(two);
    expect(one).not.toContain('canary');
    expect(Buffer.from(one.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('canary');
  });

  test('does not open what was moved to another owner', () => {
    expect(vault.open(vault.seal('secret', 'connection 1'), 'connection 2')).toBeUndefined();
  });

  test('does not open what another key sealed', () => {
    expect(createVault(randomBytes(32)).open(vault.seal('secret', 'x'), 'x')).toBeUndefined();
  });

  test('does not open what one bit was flipped in, wherever', () => {
    const [version, name, body] = vault.seal('secret', 'x').split('.') as [string, string, string];
    const bytes = Buffer.from(body, 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const flipped = Buffer.from(bytes);
      flipped[index] = (flipped[index] as number) ^ 1;
      expect(vault.open([version, name, flipped.toString('base64url')].join('.'), 'x')).toBeUndefined();
    }
  });

  test.each(['', 'v1', 'v1.a.b', 'plain text', 'v2.x.y', 'v1..'])('does not open %j', (text) => {
    expect(vault.open(text, 'x')).toBeUndefined();
  });
});

describe('the key', () => {
  test('is 32 bytes as base64 or hex', () => {
    expect(parseEncryptionKey(key.toString('base64'))).toEqual(key);
    expect(parseEncryptionKey(key.toString('hex'))).toEqual(key);
  });

  test.each(['', 'short', randomBytes(16).toString('base64'), randomBytes(33).toString('base64')])(
    'is not %j',
    (text) => {
      expect(() => parseEncryptionKey(text)).toThrow(SettingsError);
    },
  );
});
