import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SettingsError } from '../../src/engine/settings-error.js';
import { readSettings } from '../../src/engine/settings.js';

const refusal = (variables: Readonly<Record<string, string>>): string => {
  try {
    readSettings(variables);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message;
  }
  throw new Error('the settings were taken');
};

describe('settings', () => {
  test('without any, the sandbox runs on a SQLite file beside the start', () => {
    const settings = readSettings({});
    expect(settings).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      sandboxPort: 3001,
      logLevel: 'info',
      sandbox: true,
    });
    expect(settings.databaseFile).toBe(resolve('./data/freshet.db'));
    expect(settings.publicUrl).toBe('http://127.0.0.1:3000');
  });

  test('an empty variable is the same as none', () => {
    expect(readSettings({ PORT: '', PUBLIC_URL: ' ', MELD_API_KEY: '' }).sandbox).toBe(true);
  });

  test.each([
    ['PORT', '70000', 'PORT'],
    ['PORT', 'http', 'PORT: must be a port number'],
    ['PORT', '3000.5', 'PORT: must be a whole number'],
    ['SANDBOX_PORT', '-1', 'SANDBOX_PORT'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL: must be one of trace, debug'],
    ['PUBLIC_URL', 'freshet.example', 'PUBLIC_URL: must be an http(s) address'],
    ['PUBLIC_URL', 'ftp://freshet.example', 'PUBLIC_URL: must be an http(s) address'],
    ['FRESHET_API_KEY', 'short', 'FRESHET_API_KEY: must be at least 16 characters'],
    ['MAX_CONNECTIONS', '0', 'MAX_CONNECTIONS: must be at least 1'],
    ['WRONG_KEYS_PER_MINUTE', '1.5', 'WRONG_KEYS_PER_MINUTE: must be a whole number'],
    ['AUDIT_DRIFT_SAMPLE', '-1', 'AUDIT_DRIFT_SAMPLE: must be at least 0'],
    ['AUDIT_DRIFT_SAMPLE', '1001', 'AUDIT_DRIFT_SAMPLE: must be at most 1000'],
    ['AUDIT_DRIFT_SAMPLE', 'some', 'AUDIT_DRIFT_SAMPLE: must be a number'],
    ['HEADERS_TIMEOUT', '15', 'HEADERS_TIMEOUT: must be a duration such as PT30S'],
    ['KEEP_ALIVE_TIMEOUT', 'PT0S', 'KEEP_ALIVE_TIMEOUT: must be a duration'],
    ['CONNECTION_TIMEOUT', 'P25D', 'CONNECTION_TIMEOUT: must be a duration'],
    ['REQUEST_TIMEOUT', 'PT14.999S', 'HEADERS_TIMEOUT must not be longer than REQUEST_TIMEOUT'],
    ['TRUSTED_PROXIES', 'true', 'TRUSTED_PROXIES'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'TRUSTED_PROXIES'],
    ['TRUSTED_PROXIES', '10.0.0.1,', 'must be an address or a network such as 10.0.0.7'],
    ['DATABASE_URL', './freshet.db', 'DATABASE_URL must be file:<path>'],
    ['DATABASE_URL', 'file:', 'DATABASE_URL names no file'],
    ['DATABASE_URL', 'postgres://somewhere/db', 'DATABASE_URL names PostgreSQL'],
    ['BUD_CLIENT_ID', 'me', 'BUD_CLIENT_SECRET and BUD_BASE_URL are not set, and BUD_CLIENT_ID is'],
    ['MELD_CALL_TIMEOUT', 'PT10M', 'MELD_CALL_TIMEOUT: must be a duration from PT1S to PT5M'],
    ['BUD_SOCKETS', '0', 'BUD_SOCKETS: must be at least 1'],
    ['BUD_REFRESH_VERSION', 'v3', 'BUD_REFRESH_VERSION: must be v2 or v1'],
    ['BUD_CLIENT_SECRET', 'mine', 'BUD_CLIENT_ID and BUD_BASE_URL are not set'],
    ['MELD_API_KEY', 'real', 'FRESHET_ENCRYPTION_KEY is needed'],
  ])('%s=%s is refused by name', (name, value, says) => {
    expect(refusal({ [name]: value })).toContain(says);
  });

  test('every wrong variable is named at once', () => {
    const message = refusal({ PORT: 'x', LOG_LEVEL: 'y', PUBLIC_URL: 'z' });
    for (const name of ['PORT', 'LOG_LEVEL', 'PUBLIC_URL']) expect(message).toContain(name);
  });

  test.each([
    ['', 50],
    ['0', 0],
    ['1000', 1000],
  ])('AUDIT_DRIFT_SAMPLE=%s samples %i connections of each provider', (value, driftSample) => {
    expect(readSettings({ AUDIT_DRIFT_SAMPLE: value })).toMatchObject({ driftSample });
  });

  test('no proxy is trusted unless it is named', () => {
    expect(readSettings({}).http.trustedProxies).toEqual([]);
    const { http } = readSettings({ TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1,2001:db8::/32', REQUEST_TIMEOUT: 'PT15S' });
    expect(http).toMatchObject({
      trustedProxies: ['10.0.0.0/8', '127.0.0.1', '2001:db8::/32'],
      requestTimeoutMs: 15_000,
    });
  });

  test('a provider credential switches the sandbox off', () => {
    const settings = readSettings({ MELD_API_KEY: 'real', FRESHET_ENCRYPTION_KEY: 'a'.repeat(64) });
    expect(settings.sandbox).toBe(false);
    expect([...settings.credentials]).toEqual([['ten_default', { meld: { apiKey: 'real' } }]]);
  });

  test.each([
    ['file:data/x.db', resolve('data/x.db')],
    ['file:/tmp/x.db', '/tmp/x.db'],
    ['file:///tmp/x.db', '/tmp/x.db'],
  ])('%s is a path', (url, path) => {
    expect(readSettings({ DATABASE_URL: url }).databaseFile).toBe(path);
  });
});

describe('retention', () => {
  test.each([
    ['RETAIN_DECISIONS', 'P31D', 'P30D', 'the audit of what was paid in the last month'],
    ['RETAIN_REFRESHES', 'P72D', 'P71D', 'budgets that are checked against the ledger, and their whole period'],
    ['RETAIN_PULLS', 'P57D', 'P56D', 'when in the week banks post'],
    ['RETAIN_WEBHOOKS', 'P8D', 'P7D', 'events that are sent again'],
    ['RETAIN_HISTORIES', 'P31D', 'P30D', 'the audit of what was paid'],
    ['RETAIN_AUDITS', 'P32D', 'P31D', 'the difference from the night before'],
  ])('%s takes %s, and not %s, of which somebody still needs more', (name, least, less, who) => {
    expect(() => readSettings({ [name]: least })).not.toThrow();
    expect(() => readSettings({ [name]: less })).toThrow(new RegExp(`${name}: must be at least ${least}: ${who}`));
    expect(() => readSettings({ [name]: 'a year' })).toThrow(`${name}: must be a duration such as P400D`);
  });
});
