import { resolve } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { optionsFromEnvironment, settingsOf } from './settings.js';

describe('optionsFromEnvironment', () => {
  test('needs nothing', () => {
    expect(optionsFromEnvironment({})).toMatchObject({
      port: 3001,
      host: '127.0.0.1',
      booksFile: './data/sandbox-books.ndjson',
      webhookBaseUrl: 'http://127.0.0.1:3000',
      secrets: {
        meldKey: null,
        meldWebhookSecret: 'sandbox-meld-webhook-secret',
        budClientId: null,
        budClientSecret: null,
        finicityPartnerId: null,
        finicityWebhookSecret: 'sandbox-finicity-webhook-secret',
      },
    });
  });

  test('takes what it is told, blanks as nothing', () => {
    const environment = {
      SANDBOX_PORT: '4001',
      SANDBOX_HOST: '::1',
      SANDBOX_BOOKS: ' books.ndjson ',
      SANDBOX_WEBHOOK_BASE: 'https://example.com/base/',
      SANDBOX_MELD_KEY: 'key',
      SANDBOX_MELD_WEBHOOK_SECRET: '',
      SANDBOX_BUD_CLIENT_ID: 'client',
      SANDBOX_BUD_CLIENT_SECRET: 'secret',
      SANDBOX_FINICITY_PARTNER_ID: 'partner',
      SANDBOX_FINICITY_PARTNER_SECRET: 'hush',
      SANDBOX_FINICITY_APP_KEY: 'app-key',
      SANDBOX_FINICITY_WEBHOOK_SECRET: 'path',
    };
    const options = optionsFromEnvironment(environment);
    expect(options).toMatchObject({ port: 4001, host: '::1', booksFile: 'books.ndjson' });
    expect(options.secrets).toMatchObject({
      meldKey: 'key',
      meldWebhookSecret: 'sandbox-meld-webhook-secret',
      budClientId: 'client',
      budClientSecret: 'secret',
      mxClientId: null,
      mxApiKey: null,
      mxWebhookSecret: 'sandbox-mx-webhook-secret',
      finicityPartnerId: 'partner',
      finicityPartnerSecret: 'hush',
      finicityAppKey: 'app-key',
      finicityWebhookSecret: 'path',
      plaidClientId: null,
      plaidSecret: null,
    });
    const settings = settingsOf(options);
    expect(settings.webhookBaseUrl).toBe('https://example.com/base');
    expect(settings.booksFile).toBe(resolve('books.ndjson'));
  });

  test.each([
    [{ SANDBOX_PORT: 'http' }, 'SANDBOX_PORT'],
    [{ SANDBOX_PORT: '70000' }, 'SANDBOX_PORT'],
    [{ SANDBOX_WEBHOOK_BASE: 'localhost:3000' }, 'SANDBOX_WEBHOOK_BASE'],
  ])('names the variable that is wrong: %j', (environment, name) => {
    expect(() => optionsFromEnvironment(environment)).toThrow(name);
  });
});
