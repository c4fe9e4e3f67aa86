import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SettingsError } from '../../src/engine/settings-error.js';
import { readSettings } from '../../src/engine/settings.js';

const SECRET = 'sk-live-1234567890';
const KEY = { FRESHET_ENCRYPTION_KEY: 'a'.repeat(64) };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-connectors-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string, mode = 0o600): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
};

const read = (text: string, variables: Readonly<Record<string, string>> = {}, mode = 0o600) =>
  readSettings({ ...KEY, ...variables, CONNECTORS_FILE: put('connectors.yaml', text, mode) });

const refusal = (text: string, variables: Readonly<Record<string, string>> = {}, mode = 0o600): string => {
  try {
    read(text, variables, mode);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    const { message } = error as Error;
    expect(message).not.toContain(SECRET);
    return message;
  }
  throw new Error('the file was taken');
};

const ofDefault = (connectors: string): string => `version: 1\ntenants:\n  ten_default:\n${connectors}`;
const meld = (apiKey: string): string => ofDefault(`    meld: { apiKey: "${apiKey}" }\n`);

describe('a credentials file', () => {
  test('gives each tenant its own credentials and addresses', () => {
    const { credentials, sandbox } = read(`
version: 1
tenants:
  ten_default:
    meld: { apiKey: "one" }
  ten_other:
    meld: { apiKey: "two", baseUrl: "https://api-sb.meld.io" }
    bud: { clientId: "me", clientSecret: "mine", baseUrl: "https://bud.example" }
`);
    expect(sandbox).toBe(false);
    expect(Object.fromEntries(credentials)).toEqual({
      ten_default: { meld: { apiKey: 'one' } },
      ten_other: {
        meld: { apiKey: 'two', baseUrl: 'https://api-sb.meld.io' },
        bud: { clientId: 'me', clientSecret: 'mine', baseUrl: 'https://bud.example' },
      },
    });
  });

  test('takes a variable, or another file beside it, in the place of a value', () => {
    put('secret', `${SECRET}\n`);
    const text = ofDefault('    meld: { apiKey: "${THE_KEY}", webhookSecret: "file:secret" }\n');
    const { credentials } = read(text, { THE_KEY: 'from the environment' });
    expect([...credentials.values()]).toEqual([{ meld: { apiKey: 'from the environment', webhookSecret: SECRET } }]);
  });

  test('shares one entry between tenants where it says so', () => {
    const text = 'version: 1\ntenants:\n  ten_default: &all\n    meld: { apiKey: "one" }\n  ten_other: *all\n';
    expect([...read(text).credentials.keys()]).toEqual(['ten_default', 'ten_other']);
  });

  test('adds to what the environment gives the default tenant', () => {
    const bud = { BUD_CLIENT_ID: 'me', BUD_CLIENT_SECRET: 'mine', BUD_BASE_URL: 'https://bud.example' };
    const { credentials } = read(meld('one'), bud);
    expect(Object.keys(credentials.get('ten_default' as never) ?? {}).toSorted()).toEqual(['bud', 'meld']);
  });

  test('tells how calls go through a connector', () => {
    const { calls } = read(`${meld('one')}calls: { meld: { callTimeout: PT1M, atOnce: 4 } }\n`, { MELD_SOCKETS: '7' });
    expect(calls.meld).toEqual({ timeoutMs: 60_000, atOnce: 4, sockets: 7, keepAliveMs: 4_000 });
    expect(calls.bud).toMatchObject({ timeoutMs: 10_000, atOnce: 32 });
  });

  test('has lists, truths and logins as they are written', () => {
    const text = `version: 1
tenants:
  ten_default:
    plaid: { clientId: "c", secret: "s", countryCodes: [US, GB], additionalProducts: "investments, liabilities" }
    mx: { clientId: "c", apiKey: "k", webhookLogin: "name:pass:word" }
    finicity: { partnerId: "p", partnerSecret: "s", appKey: "k", checksSignature: true }
`;
    expect(Object.fromEntries(read(text).credentials)).toEqual({
      ten_default: {
        plaid: {
          clientId: 'c',
          secret: 's',
          countryCodes: ['US', 'GB'],
          additionalProducts: ['investments', 'liabilities'],
        },
        mx: { clientId: 'c', apiKey: 'k', webhookLogin: { username: 'name', password: 'pass:word' } },
        finicity: { partnerId: 'p', partnerSecret: 's', appKey: 'k', checksSignature: true },
      },
    });
    expect(refusal(ofDefault('    finicity: { checksSignature: maybe }\n'))).toContain('must be true or false');
    expect(refusal(ofDefault(`    mx: { webhookLogin: "${SECRET}" }\n`))).toContain('must be a name and a password');
  });

  test('without any tenant leaves the sandbox on', () => {
    expect(read('version: 1\ntenants: {}\n').sandbox).toBe(true);
  });

  test.each([
    ['no version', 'tenants: {}', 'version: must be 1'],
    ['another version', 'version: 2\ntenants: {}', 'version: must be 1'],
    ['no tenant of ours', 'version: 1\ntenants: { acme: {} }', 'tenants.acme: must be a tenant such as ten_default'],
    ['a connector that is not built', ofDefault('    melt: {}\n'), 'tenants.ten_default: Unrecognized key: "melt"'],
    ['an unknown field', ofDefault('    meld: { apiKey: "x", key: "y" }\n'), 'tenants.ten_default.meld: Unrecognized'],
    ['half of what is needed', ofDefault('    bud: { clientId: "x" }\n'), 'ten_default.bud.clientSecret: is needed'],
    ['a number', ofDefault('    meld: { apiKey: 123 }\n'), 'meld.apiKey: must be a quoted text'],
    ['an empty value', meld(' '), 'meld.apiKey: must not be empty'],
    ['an address that is none', ofDefault('    meld: { apiKey: "x", baseUrl: "api.meld.io" }\n'), 'meld.baseUrl: must'],
    ['a word that is none', ofDefault('    bud: { refreshVersion: v3 }\n'), 'bud.refreshVersion: must be v2 or v1'],
    ['a variable that is not set', meld('${NOBODY}'), 'meld.apiKey: names the variable NOBODY, which is not set'],
    ['half a variable', meld('key-${NOBODY}'), 'meld.apiKey: a ${NAME} has to be the whole value'],
    ['a file that is not there', meld('file:nowhere'), 'nowhere cannot be read: ENOENT'],
    ['a call without end', `${meld('x')}calls: { meld: { callTimeout: PT1H } }`, 'calls.meld.callTimeout: must be'],
  ])('with %s is refused by its path', (_what, text, says) => {
    expect(refusal(text)).toContain(says);
  });

  test('is named in every refusal, and its secrets in none', () => {
    expect(refusal(ofDefault(`    meld: { apiKey: "x", baseUrl: "${SECRET}" }\n`))).toContain('connectors.yaml');
    expect(refusal(ofDefault(`    meld: { apiKey: "${SECRET}", "nothing\n`))).toContain('is not YAML');
    expect(refusal(ofDefault(`    meld: { apiKey: "x" } "${SECRET}"\n`))).toMatch(/is not YAML: \w+ at line 4, column/);
    expect(refusal('version: 1\ntenants: *nobody\n')).toContain('has aliases that lead nowhere');
  });

  test('that everybody may read holds no secret openly', () => {
    expect(refusal(meld(SECRET), {}, 0o644)).toMatch(/holds secrets \(apiKey\).*chmod 640/);
    expect(read(meld('${THE_KEY}'), { THE_KEY: SECRET }, 0o644).sandbox).toBe(false);
    expect(read(meld(SECRET), {}, 0o640).sandbox).toBe(false);
  });

  test('does not say what the environment says already', () => {
    expect(refusal(meld('one'), { MELD_API_KEY: 'two' })).toContain(
      'The connector meld of ten_default is set in the env',
    );
    const calls = `${meld('one')}calls: { meld: { atOnce: 4 } }\n`;
    expect(refusal(calls, { MELD_AT_ONCE: '5' })).toContain('MELD_AT_ONCE is set in the environment and in');
  });

  test('that is not there stops the start', () => {
    expect(() => readSettings({ CONNECTORS_FILE: join(folder, 'none.yaml') })).toThrow(/cannot be read: ENOENT/);
  });
});
