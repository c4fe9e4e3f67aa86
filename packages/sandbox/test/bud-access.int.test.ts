import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { compactVerify, createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet } from 'jose';

import { CLIENT, CUSTOMER, startBudRig, type BudRig } from './bud-rig.js';
import { DAY, HOUR, iso, MINUTE, SECOND, START } from './rig.js';

const CONSENTS = '/v1/open-banking/account-access-consents';
const REVOKE = '/v1/open-banking/account-access-consent/revoke';
const GATEWAY = '/v2/open-banking/authorisation-gateway-url';

describe('Bud', () => {
  let rig: BudRig;

  beforeEach(async () => {
    rig = await startBudRig();
  });
  afterEach(() => rig.close());

  describe('tokens', () => {
    test('are given for the client id and secret', async () => {
      const { status, body } = await rig.token();
      expect([status, body]).toEqual([
        200,
        {
          operation_id: 'oauth_token_create',
          data: {
            access_token: expect.any(String),
            token_type: 'Bearer',
            expires_in: 3600,
            refresh_token: expect.any(String),
          },
        },
      ]);
      expect((await rig.calls()).at(-1)).toMatchObject({
        operation: 'token',
        externalId: null,
        body: { grant_type: 'client_credentials' },
      });
    });

    test.each([
      ['no Basic header', {}, { authorization: '' }, 400, 'failed_validation'],
      ['no secret', {}, { authorization: `Basic ${btoa(CLIENT)}` }, 400, 'unknown'],
      ['the id of another client', {}, { 'x-client-id': 'other' }, 400, 'unknown'],
      ['no client id', {}, { 'x-client-id': '' }, 400, 'failed_validation'],
      ['another grant', { grant_type: 'password' }, {}, 400, 'failed_validation'],
      ['JSON', {}, { 'content-type': 'application/json' }, 400, 'failed_validation'],
      ['an unknown refresh token', { grant_type: 'refresh_token', refresh_token: 'x' }, {}, 401, 'unauthorised'],
    ])('are not given for %s', async (_name, form, headers, status, code) => {
      const answer = await rig.token({ grant_type: 'client_credentials', ...form }, headers);
      expect([answer.status, answer.body.code_id]).toEqual([status, code]);
    });

    test('end after an hour of the emulator, and are renewed for a day', async () => {
      const { access_token: access, refresh_token: renewal } = (await rig.token()).body.data;
      const answers = async () => {
        const { status, body } = await rig.bud('GET', CONSENTS, undefined, { authorization: `Bearer ${access}` });
        return [status, body.code_id];
      };
      await rig.advance(HOUR - 1);
      expect(await answers()).toEqual([200, undefined]);
      await rig.advance(1);
      expect(await answers()).toEqual([401, 'token_expired']);
      const renewed = await rig.token({ grant_type: 'refresh_token', refresh_token: renewal }, { authorization: '' });
      const authorization = `Bearer ${renewed.body.data.access_token}`;
      expect((await rig.bud('GET', CONSENTS, undefined, { authorization })).status).toBe(200);
      await rig.advance(DAY);
      const late = await rig.token({ grant_type: 'refresh_token', refresh_token: renewal });
      expect(late.status).toBe(401);
    });

    test('of the one client are given to nobody else', async () => {
      const secrets = { budClientId: CLIENT, budClientSecret: 'secret' };
      const strict = await startBudRig({ secrets });
      const wrong = await strict.token(undefined, { authorization: `Basic ${btoa(`${CLIENT}:wrong`)}` });
      expect([wrong.status, (await strict.token()).status]).toEqual([400, 200]);
      await strict.close();
    });
  });

  test.each([
    ['no token', { authorization: '' }, 401, 'token_invalid'],
    ['a made-up token', { authorization: 'Bearer x' }, 401, 'token_invalid'],
    ["another client's token", { 'x-client-id': 'other' }, 401, 'token_invalid'],
    ['no client id', { 'x-client-id': '' }, 400, 'failed_validation'],
    ['no customer', { 'x-customer-id': '' }, 400, 'failed_validation'],
  ])('refuses %s everywhere', async (_name, headers, status, code) => {
    for (const [method, path] of [
      ['POST', '/open-banking/v2/refresh'],
      ['POST', '/v1/open-banking/refresh'],
      ['GET', '/open-banking/v2/refresh/x'],
      ['GET', CONSENTS],
      ['POST', REVOKE],
      ['POST', GATEWAY],
    ] as const) {
      const answer = await rig.bud(method, path, undefined, headers);
      expect([path, answer.status, answer.body.code_id]).toEqual([path, status, code]);
    }
  });

  test('knows a customer by the internal identifier, too', async () => {
    await rig.consent('k1', { credentials: { customerId: CUSTOMER, customerIdempotentIdentifier: 'ours-1' } });
    const headers = { 'x-customer-id': '', 'x-customer-idempotent-identifier': 'ours-1' };
    const { body } = await rig.bud('GET', CONSENTS, undefined, headers);
    expect(body.data).toMatchObject([{ id: 'k1', customer_id: CUSTOMER }]);
  });

  test('without credentials takes the customer id as it was registered', async () => {
    await rig.register({
      connector: 'bud',
      provider: 'BUD',
      externalId: 'k9',
      institutionId: 'Monzo',
      customerId: 'mine',
    });
    const { body } = await rig.bud('GET', CONSENTS, undefined, { 'x-customer-id': 'mine' });
    expect(body.data).toMatchObject([{ id: 'k9' }]);
  });

  test('answers an unexpected method with 405', async () => {
    const { status, body } = await rig.bud('GET', '/open-banking/v2/refresh');
    expect([status, body.operation_id]).toEqual([405, 'v2_open_banking_refresh_post']);
  });

  describe('consents', () => {
    test('are listed as they stand', async () => {
      await rig.consent('k1', { lastSuccessAt: iso(START - HOUR), consentExpiresAt: iso(START + 5 * DAY) });
      await rig.consent('k2', { institutionId: 'Barclays', consentExpiresAt: iso(START + 50 * DAY) });
      await rig.consent('k3', { institutionId: 'Gone', status: 'RECONNECT_REQUIRED' });
      await rig.consent('k4', { institutionId: 'Soon', status: 'IN_PROGRESS' });
      const ids = async (query: string) => {
        const { body } = await rig.bud('GET', CONSENTS + query);
        return body.data.map(({ id }: { id: string }) => id);
      };
      expect(await ids('')).toEqual(['k1', 'k2']);
      expect(await ids('?status=active')).toEqual(['k1', 'k2']);
      expect(await ids('?status=reconfirm_due')).toEqual(['k1']);
      const all = await rig.consents();
      expect(all.map(({ status }) => status)).toEqual([
        'authorised',
        'authorised',
        'revoked',
        'awaiting_authorisation',
      ]);
      expect(all[0]).toMatchObject({
        id: 'k1',
        customer_id: CUSTOMER,
        provider: 'Monzo',
        expiration_date: iso(START + 5 * DAY),
        last_synced_at: iso(START - HOUR),
        resources: ['accounts', 'balances', 'transactions'],
      });
      expect(all[2]).toMatchObject({ revoked_at: iso(START), revoke_reason: 'provider_revoked' });
      expect((await rig.bud('GET', `${CONSENTS}?status=some`)).status).toBe(400);
    });

    test('show their accounts to those who know the secret', async () => {
      await rig.consent('k1');
      const { body } = await rig.bud('GET', CONSENTS, undefined, { 'x-customer-secret': 's' });
      expect(body.data[0].account_ids).toHaveLength(1);
      expect((await rig.consents())[0].account_ids).toBeUndefined();
    });

    test('of one provider are revoked by a task', async () => {
      await rig.consent('k1');
      await rig.consent('k2');
      await rig.consent('k3', { institutionId: 'Barclays' });
      const { status, body } = await rig.bud('POST', REVOKE, { provider: 'Monzo' });
      expect([status, body.data.provider, body.metadata.status]).toEqual([202, 'Monzo', 'Pending']);
      const task = async () => (await rig.bud('GET', `${REVOKE}/${body.data.task_id}`)).body;
      expect((await task()).data.status).toBe('Pending');
      await rig.advance(2 * SECOND);
      expect((await task()).data).toMatchObject({ status: 'Completed', result: 'success', provider: 'Monzo' });
      const all = await rig.consents();
      expect(all.map((consent) => [consent.status, consent.revoke_reason])).toEqual([
        ['revoked', 'bud_revoked'],
        ['revoked', 'bud_revoked'],
        ['authorised', undefined],
      ]);
      const told = rig.receiver
        .of('open_banking.consent.revoked')
        .map(({ body: { data } }) => [data.consent_id, data.reason]);
      expect(told).toEqual([
        ['k1', 'bud_revoked'],
        ['k2', 'bud_revoked'],
      ]);
      expect((await rig.calls('k2'))[0]).toMatchObject({ operation: 'delete' });
      expect((await rig.bud('POST', REVOKE, {})).status).toBe(400);
      expect((await rig.bud('GET', `${REVOKE}/unknown`)).status).toBe(404);
    });

    test('are extended by 90 days while they stand', async () => {
      await rig.consent('k1', { consentExpiresAt: iso(START + DAY) });
      const reconfirm = (id: string) => rig.bud('POST', `${CONSENTS}/${id}/reconfirm`);
      expect((await reconfirm('k1')).body.data).toEqual({ provider_id: 'Monzo', reconnect_required: false });
      expect((await rig.consents())[0].expiration_date).toBe(iso(START + 91 * DAY));
      await rig.consent('k2', { status: 'RECONNECT_REQUIRED' });
      expect((await reconfirm('k2')).body.data.reconnect_required).toBe(true);
      expect((await reconfirm('nobody')).status).toBe(404);
      await rig.advance(1);
      expect(rig.receiver.received.map(({ body }) => body.data)).toEqual([
        {
          event: 'open_banking.consent.reconfirmed',
          consent_id: 'k1',
          customer_id: CUSTOMER,
          provider: 'Monzo',
          updated_at: iso(START),
        },
      ]);
    });
  });

  describe('the authorisation gateway', () => {
    const open = (body: object = {}) =>
      rig.bud('POST', GATEWAY, { redirect_url: 'https://app.example/back?x=1', ...body });
    const complete = async (url: string, headers: Record<string, string> = {}) =>
      fetch(`${url}/complete`, { method: 'POST', headers, redirect: 'manual' });
    const completed = async (url: string) =>
      (await (await complete(url)).json()) as { readonly taskId: string; readonly redirectUrl: string };

    test('lets the customer renew a consent, and fetches', async () => {
      await rig.consent('k1', { status: 'RECONNECT_REQUIRED' });
      const { status, body } = await open({ providers: ['Monzo'], initial_screen: 'connect_accounts' });
      expect([status, body.operation_id]).toEqual([200, 'v2_ob_authorisation_gateway_url_post']);
      const { taskId, redirectUrl } = await completed(body.data.url);
      expect(redirectUrl).toBe(`https://app.example/back?x=1&status=success&task_id=${taskId}`);
      expect(await rig.consents()).toMatchObject([
        { id: 'k1', status: 'authorised', expiration_date: iso(START + 90 * DAY), last_consented_on: iso(START) },
      ]);
      const task = async () => (await rig.bud('GET', `/v1/open-banking/connect/${taskId}`)).body.data;
      expect((await task()).status).toBe('Pending');
      await rig.advance(2 * SECOND);
      expect(await task()).toMatchObject({
        task_id: taskId,
        provider: 'Monzo',
        status: 'Completed',
        result: 'success',
      });
      expect(rig.receiver.types()).toEqual(['open_banking.consent.reauthorised', 'v1.connect']);
      expect(rig.receiver.of('v1.connect')[0]?.body.data).toMatchObject({
        consent_id: 'k1',
        reconnect_required: 'false',
      });
      expect((await rig.calls('k1'))[0]).toMatchObject({ operation: 'repair', billed: false });
    });

    test('counts as a fetch for V1', async () => {
      await rig.consent('k1', { status: 'RECONNECT_REQUIRED' });
      const { taskId } = await completed((await open()).body.data.url);
      await rig.advance(MINUTE);
      expect((await rig.v1({ provider: 'Monzo' })).body.data.task_id).toBe(taskId);
      expect((await rig.v2({ providers: ['Monzo'] })).body.data.task_id).not.toBe(taskId);
    });

    test('makes a consent where there is none', async () => {
      await complete((await open({ providers: ['Starling'] })).body.data.url);
      expect(await rig.consents()).toMatchObject([{ provider: 'Starling', status: 'authorised' }]);
    });

    test('sends a browser back', async () => {
      const answer = await complete((await open()).body.data.url, { accept: 'text/html' });
      expect(answer.status).toBe(303);
      expect(answer.headers.get('location')).toContain('https://app.example/back?x=1&status=success&task_id=');
    });

    test('is open for half an hour', async () => {
      const { url } = (await open()).body.data;
      await rig.advance(30 * MINUTE - 1);
      expect((await fetch(url)).status).toBe(200);
      await rig.advance(1);
      expect((await complete(url)).status).toBe(410);
    });

    test.each([
      ['no address to go back to', { redirect_url: undefined }, 'redirect_url'],
      ['an address that is none', { redirect_url: 'back' }, 'redirect_url'],
      ['an unknown screen', { initial_screen: 'garden' }, 'initial_screen'],
    ])('refuses %s', async (_name, body, field) => {
      const answer = await open(body);
      expect([answer.status, Object.keys(answer.body.errors)]).toEqual([400, [field]]);
    });
  });

  describe('webhooks', () => {
    const keys = async () => (await rig.send('GET', '/bud-callback.jwks')).body as JSONWebKeySet;

    test('tell each provider and the whole, with their bodies signed', async () => {
      await rig.consent('k1', { consentExpiresAt: iso(START + 9 * DAY) });
      await rig.control('POST', '/data', { provider: 'BUD', externalId: 'k1', transactions: 1 });
      const { task_id: id, sub_tasks: subTasks } = (await rig.v2()).body.data;
      await rig.advance(2 * SECOND);
      const [provider, whole] = rig.receiver.received;
      expect(provider?.path).toBe('/webhooks/bud');
      expect(provider?.body).toMatchObject({
        event: 'open_banking.v2.refresh.provider.completed',
        task_id: subTasks[0].task_id,
        customer_id: CUSTOMER,
        provider: 'Monzo',
        status: 'Completed',
        result: 'success',
        reconnect_required: false,
        has_new_transactions: true,
        consent_ids: ['k1'],
        account_ids: [expect.any(String)],
        start_time: iso(START),
        consent_details: { id: 'k1', expiration_date: iso(START + 9 * DAY) },
      });
      expect(whole?.body).toMatchObject({
        event: 'open_banking.v2.refresh.completed',
        task_id: id,
        customer_id: CUSTOMER,
        status: 'Completed',
        result: 'success',
        has_new_transactions: true,
        sub_tasks: [{ task_id: subTasks[0].task_id, provider: 'Monzo', consent_ids: ['k1'] }],
      });
      const keySet = createLocalJWKSet(await keys());
      for (const { headers, raw } of rig.receiver.received) {
        const signature = String(headers['x-signature']);
        const { payload, protectedHeader } = await compactVerify(signature, keySet);
        expect(new TextDecoder().decode(payload)).toBe(raw);
        expect(protectedHeader).toEqual({ alg: 'ES256', kid: headers['x-signing-id'], typ: 'JWT' });
      }
    });

    test('publish no private key', async () => {
      const { keys: published } = await keys();
      expect(published).toEqual([
        {
          kty: 'EC',
          crv: 'P-256',
          x: expect.any(String),
          y: expect.any(String),
          kid: expect.any(String),
          alg: 'ES256',
          use: 'sig',
        },
      ]);
    });

    test('of V1 say yes and no in words', async () => {
      await rig.consent('k1', { status: 'RECONNECT_REQUIRED' });
      const { task_id: id } = (await rig.v1({ provider: 'Monzo' })).body.data;
      await rig.advance(2 * SECOND);
      const [webhook] = rig.receiver.received;
      expect(webhook?.body).toEqual({
        data: {
          task_id: id,
          status: 'Failed',
          result: 'connection_revoked',
          task_type: 'refresh',
          customer_id: CUSTOMER,
          reconnect_required: 'true',
          has_new_transactions: 'false',
          provider: 'Monzo',
          consent_id: 'k1',
        },
      });
      expect(decodeProtectedHeader(String(webhook?.headers['x-signature'])).kid).toBe((await keys()).keys[0]?.kid);
    });

    test.each([
      ['refused', [400], 1],
      ['redirected', [302], 1],
      ['failing', [500, 503, 500], 4],
      ['hung up on', ['hang up' as const], 2],
      ['failing for good', [500, 500, 500, 500, 500, 500, 500], 5],
    ])('that are %s (%j) come %i times', async (_name, answers, times) => {
      await rig.consent('k1');
      await rig.v1({ provider: 'Monzo' });
      rig.receiver.answers.push(...answers);
      await rig.advance(HOUR);
      expect(rig.receiver.received).toHaveLength(times);
      expect((await rig.control('GET', '/webhooks')).body.data).toEqual([]);
    });

    test.each([
      ['no-webhook', 0],
      ['duplicate-webhook', 4],
      ['late-webhook', 2],
    ])('with %s come %i times', async (fault, times) => {
      await rig.consent('k1');
      await rig.fault({ provider: 'BUD', fault });
      await rig.v2();
      await rig.advance(MINUTE);
      if (fault === 'late-webhook') expect(rig.receiver.received).toEqual([]);
      await rig.advance(10 * MINUTE);
      expect(rig.receiver.received).toHaveLength(times);
    });
  });
});
