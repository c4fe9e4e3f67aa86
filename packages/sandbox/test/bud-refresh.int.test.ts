import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { startBudRig, type BudRig } from './bud-rig.js';
import { DAY, HOUR, iso, MINUTE, SECOND, START } from './rig.js';

describe('Bud refresh', () => {
  let rig: BudRig;

  beforeEach(async () => {
    rig = await startBudRig();
  });
  afterEach(() => rig.close());

  describe('V2', () => {
    test('is a task with a sub-task for each provider, over in one to two seconds', async () => {
      await rig.consent('k1');
      const { status, body } = await rig.v2({ providers: ['Monzo'] });
      expect(status).toBe(202);
      const { task_id: id, sub_tasks: subTasks } = body.data;
      expect(body).toEqual({
        operation_id: 'v2_open_banking_refresh_post',
        data: { task_id: id, sub_tasks: [{ provider: 'Monzo', task_id: expect.any(String) }] },
        // The path is the wrong way round in Bud's own documents, too.
        metadata: { status: 'Pending', next_url: `/v2/open-banking/refresh/${id}`, next_url_delay: 500 },
      });
      await rig.advance(999);
      expect(await rig.v2Task(id)).toMatchObject({
        data: { task_id: id, status: 'Pending', sub_tasks: [{ provider: 'Monzo', status: 'Pending' }] },
        metadata: { status: 'Pending', next_url_delay: 500 },
      });
      await rig.advance(1_001);
      expect(await rig.v2Task(id)).toEqual({
        operation_id: 'v2_open_banking_refresh_get',
        data: {
          task_id: id,
          status: 'Completed',
          result: 'success',
          has_new_transactions: false,
          sub_tasks: [
            {
              task_id: subTasks[0].task_id,
              provider: 'Monzo',
              status: 'Completed',
              result: 'success',
              reconnect_required: false,
              has_new_transactions: false,
            },
          ],
        },
        metadata: { status: 'Completed' },
      });
      expect(await rig.bills('k1')).toHaveLength(1);
    });

    test('takes all providers with an authorised consent where none is named', async () => {
      await rig.consent('k1');
      await rig.consent('k2', { institutionId: 'Barclays' });
      await rig.consent('k3', { institutionId: 'Gone', status: 'RECONNECT_REQUIRED' });
      const { body } = await rig.v2();
      expect(body.data.sub_tasks.map(({ provider }: { provider: string }) => provider)).toEqual(['Monzo', 'Barclays']);
      expect(await rig.bills()).toHaveLength(2);
    });

    test('says what is new, once', async () => {
      await rig.consent('k1');
      await rig.control('POST', '/data', { provider: 'BUD', externalId: 'k1', transactions: 3 });
      const isNew = async () => {
        const { task_id: id } = (await rig.v2({ providers: ['Monzo'] })).body.data;
        await rig.advance(HOUR);
        return (await rig.v2Task(id)).data.has_new_transactions;
      };
      expect(await isNew()).toBe(true);
      expect(await isNew()).toBe(false);
    });

    test('without transactions among the resources leaves what is new', async () => {
      await rig.consent('k1');
      await rig.control('POST', '/data', { provider: 'BUD', externalId: 'k1', transactions: 3 });
      const { task_id: id } = (await rig.v2({ resources: ['balances'] })).body.data;
      await rig.advance(HOUR);
      expect((await rig.v2Task(id)).data.has_new_transactions).toBe(false);
      const { body } = await rig.control('GET', '/connections?externalId=k1');
      expect(body.data[0]).toMatchObject({ waitingTransactions: 3, lastSuccessAt: expect.any(String) });
    });

    test('repeats the task of the same providers within the hour, at no charge', async () => {
      await rig.consent('k1');
      await rig.consent('k2', { institutionId: 'Barclays' });
      const { task_id: id } = (await rig.v2({ providers: ['Monzo', 'Barclays'] })).body.data;
      await rig.advance(HOUR - 1);
      const again = await rig.v2({ providers: ['Barclays', 'Monzo'] });
      expect([again.status, again.body.data.task_id]).toEqual([202, id]);
      expect((await rig.calls('k1')).map(({ billed }) => billed)).toEqual([true, false]);
      expect((await rig.v2({ providers: ['Monzo'] })).body.data.task_id).not.toBe(id);
      await rig.advance(1);
      expect((await rig.v2({ providers: ['Monzo', 'Barclays'] })).body.data.task_id).not.toBe(id);
    });

    test('repeats a task that failed, as the text has it', async () => {
      await rig.consent('k1');
      await rig.fault({ provider: 'BUD', fault: 'partial' });
      const { task_id: id } = (await rig.v2({ providers: ['Monzo'] })).body.data;
      await rig.advance(MINUTE);
      expect((await rig.v2({ providers: ['Monzo'] })).body.data.task_id).toBe(id);
      expect((await rig.v2Task(id)).data.status).toBe('Failed');
    });

    test('fails as a whole where one provider fails, and keeps what the others brought', async () => {
      await rig.consent('k1');
      await rig.consent('k2', { institutionId: 'Barclays' });
      await rig.fault({ provider: 'BUD', externalId: 'k1', fault: 'partial' });
      const { task_id: id } = (await rig.v2()).body.data;
      await rig.advance(MINUTE);
      const { data } = await rig.v2Task(id);
      expect([data.status, data.result]).toEqual(['Failed', 'provider_failure']);
      expect(data.sub_tasks).toMatchObject([
        { provider: 'Monzo', status: 'Failed', result: 'provider_failure', reconnect_required: false },
        { provider: 'Barclays', status: 'Completed', result: 'success' },
      ]);
      const synced = (await rig.consents()).map(({ last_synced_at: at }) => at !== undefined);
      expect(synced).toEqual([false, true]);
    });

    test.each([
      ['a consent that was revoked', { status: 'RECONNECT_REQUIRED' }, 'connection_revoked'],
      ['a consent that lapsed', { consentExpiresAt: iso(START - 1) }, 'connection_expired'],
      ['no consent', { institutionId: 'Elsewhere' }, 'connection_not_found'],
    ])('of %s is taken, fails and wants the customer', async (_name, more, result) => {
      await rig.consent('k1', more);
      const { status, body } = await rig.v2({ providers: ['Monzo'] });
      expect(status).toBe(202);
      await rig.advance(2 * SECOND);
      const { data } = await rig.v2Task(body.data.task_id);
      expect(data.sub_tasks).toMatchObject([{ status: 'Failed', result, reconnect_required: true }]);
      expect(await rig.bills()).toEqual([]);
    });

    test.each([
      ['login-required', 'Failed', 'connection_reauthenticate'],
      ['reconnect-required', 'Completed', 'connection_revoked'],
    ])('with %s ends %s, and the consent is revoked', async (fault, status, result) => {
      await rig.consent('k1');
      await rig.fault({ provider: 'BUD', externalId: 'k1', fault });
      const { task_id: id } = (await rig.v2({ providers: ['Monzo'] })).body.data;
      await rig.advance(2 * SECOND);
      const { data } = await rig.v2Task(id);
      expect(data).toMatchObject({ status, result, sub_tasks: [{ status, result, reconnect_required: true }] });
      expect(await rig.consents()).toMatchObject([{ id: 'k1', status: 'revoked', revoked_at: expect.any(String) }]);
      expect(rig.receiver.types()).toContain('open_banking.consent.revoked');
      expect(await rig.bills('k1')).toHaveLength(1);
    });

    test('with silent-noop stays pending and costs nothing', async () => {
      await rig.consent('k1');
      await rig.fault({ provider: 'BUD', fault: 'silent-noop' });
      const { task_id: id } = (await rig.v2()).body.data;
      await rig.advance(50 * MINUTE);
      expect((await rig.v2Task(id)).data.status).toBe('Pending');
      expect(await rig.bills()).toEqual([]);
      expect(rig.receiver.received).toEqual([]);
    });

    test('with lost-reply goes on, and the next call learns its task', async () => {
      await rig.consent('k1');
      await rig.fault({ provider: 'BUD', fault: 'lost-reply' });
      await expect(rig.v2({ providers: ['Monzo'] })).rejects.toThrow('fetch failed');
      await rig.advance(MINUTE);
      const { task_id: id } = (await rig.v2({ providers: ['Monzo'] })).body.data;
      expect((await rig.v2Task(id)).data.result).toBe('success');
      expect(await rig.bills('k1')).toHaveLength(1);
    });

    test.each([
      ['429', 429, 'too_many_requests', '60'],
      ['500', 500, 'unknown', null],
    ])('with %s starts nothing', async (fault, status, code, retryAfter) => {
      await rig.consent('k1');
      const more = retryAfter === null ? {} : { retryAfter: Number(retryAfter) };
      await rig.fault({ provider: 'BUD', fault, ...more });
      const answer = await rig.v2();
      expect([answer.status, answer.body.code_id, answer.headers.get('retry-after')]).toEqual([
        status,
        code,
        retryAfter,
      ]);
      expect(await rig.bills()).toEqual([]);
    });

    test.each([
      ['from that is no time', { from: 'yesterday' }, 'from'],
      ['from without a zone', { from: '2026-03-01T00:00:00' }, 'from'],
      ['from 91 days back', { from: iso(START - 91 * DAY) }, 'from'],
      ['to 91 days back', { to: iso(START - 91 * DAY) }, 'to'],
      ['from after to', { from: iso(START - DAY), to: iso(START - 2 * DAY) }, 'from'],
      ['unknown resources', { resources: ['gossip'] }, 'resources'],
      ['providers that are no list', { providers: 'Monzo' }, 'providers'],
      ['a body that is no JSON', '{', 'body'],
    ])('refuses %s', async (_name, body, field) => {
      await rig.consent('k1');
      const answer = await rig.v2(body);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ operation_id: 'v2_open_banking_refresh_post', code_id: 'failed_validation' });
      expect(Object.keys(answer.body.errors)).toEqual([field]);
      expect(await rig.bills()).toEqual([]);
    });

    test.each([
      ['the day that is 90 days back', iso(START - 90 * DAY - 12 * HOUR)],
      ["Bud's own notation", '2026-02-01T00:00:00+0000'],
      ['another zone', '2026-02-01T00:00:00.123+01:00'],
    ])('takes a from in %s', async (_name, from) => {
      await rig.consent('k1');
      expect((await rig.v2({ from })).status).toBe(202);
    });

    test('has nothing to do for a customer without consents', async () => {
      expect((await rig.v2()).body.code_id).toBe('failed_validation');
    });

    test.each([
      ['since the last pull less seven days', { lastSuccessAt: iso(START - DAY) }, {}, START - 8 * DAY],
      ['not further back than 90 days', { lastSuccessAt: iso(START - 88 * DAY) }, {}, START - 90 * DAY],
      ['90 days the first time', {}, {}, START - 90 * DAY],
      [
        'from where it is asked to',
        { lastSuccessAt: iso(START - DAY) },
        { from: iso(START - 30 * DAY) },
        START - 30 * DAY,
      ],
    ])('fetches %s', async (_name, more, body, from) => {
      await rig.consent('k1', more);
      await rig.v2(body);
      await rig.advance(2 * SECOND);
      const [webhook] = rig.receiver.of('open_banking.v2.refresh.completed');
      expect(webhook?.body.refresh_window).toEqual({ from: iso(from), to: iso(START) });
    });
  });

  describe('V1', () => {
    test('is a task of one provider, whose steps can be watched', async () => {
      await rig.consent('k1');
      const { status, body } = await rig.v1({ provider: 'Monzo' });
      const { task_id: id } = body.data;
      expect([status, body]).toEqual([
        202,
        {
          operation_id: 'open_banking_refresh_post',
          data: { provider: 'Monzo', task_id: id },
          metadata: { status: 'Pending', next_url: `/v1/open-banking/refresh/${id}`, next_url_delay: 50 },
        },
      ]);
      expect((await rig.v1Task(id)).data).toMatchObject({ status: 'Pending', step: 1, text: 'Fetching access token' });
      await rig.advance(990);
      const { step } = (await rig.v1Task(id)).data;
      expect(step).toBeGreaterThan(1);
      expect(step).toBeLessThan(4);
      await rig.advance(1_010);
      expect(await rig.v1Task(id)).toEqual({
        operation_id: 'open_banking_refresh_get',
        data: {
          task_id: id,
          provider: 'Monzo',
          status: 'Completed',
          result: 'success',
          reconnect_required: false,
          step: 4,
          text: 'Completed',
        },
        metadata: { status: 'Completed', has_new_transactions: false },
      });
    });

    test('repeats the task of a fetch within the hour, a V2 one too', async () => {
      await rig.consent('k1');
      const { task_id: first } = (await rig.v1({ provider: 'Monzo' })).body.data;
      await rig.advance(HOUR - 1);
      expect((await rig.v1({ provider: 'Monzo' })).body.data.task_id).toBe(first);
      expect(await rig.bills('k1')).toHaveLength(1);
      await rig.advance(1);
      const { task_id: second } = (await rig.v1({ provider: 'Monzo' })).body.data;
      expect(second).not.toBe(first);
      await rig.advance(HOUR);
      const { sub_tasks: subTasks } = (await rig.v2()).body.data;
      expect((await rig.v1({ provider: 'Monzo' })).body.data.task_id).toBe(subTasks[0].task_id);
      expect((await rig.v1Task(subTasks[0].task_id)).data.provider).toBe('Monzo');
      expect(await rig.bills('k1')).toHaveLength(3);
    });

    test('does not repeat a fetch that failed', async () => {
      await rig.consent('k1');
      await rig.fault({ provider: 'BUD', fault: 'partial' });
      const { task_id: first } = (await rig.v1({ provider: 'Monzo' })).body.data;
      await rig.advance(MINUTE);
      expect((await rig.v1Task(first)).data).toMatchObject({ status: 'Failed', result: 'provider_failure' });
      expect((await rig.v1({ provider: 'Monzo' })).body.data.task_id).not.toBe(first);
    });

    test('wants a provider', async () => {
      const { status, body } = await rig.v1({});
      expect([status, body.errors]).toEqual([400, { provider: 'is required' }]);
    });
  });

  test('in maintenance V1 refuses, V2 fails, and the list of providers tells', async () => {
    await rig.consent('k1');
    await rig.control('PUT', '/maintenance', { provider: 'Monzo', end: iso(START + HOUR) });
    const refused = await rig.v1({ provider: 'Monzo' });
    expect([refused.status, refused.body.code_id]).toEqual([400, 'provider_maintenance']);
    const { task_id: id } = (await rig.v2()).body.data;
    await rig.advance(2 * SECOND);
    expect((await rig.v2Task(id)).data.sub_tasks).toMatchObject([{ status: 'Failed', result: 'provider_maintenance' }]);
    expect(await rig.bills()).toEqual([]);
    const monzo = async () => {
      const { body } = await rig.bud('GET', '/v1/open-banking/providers');
      return body.data.find(({ provider }: { provider: string }) => provider === 'Monzo');
    };
    expect(await monzo()).toMatchObject({
      maintenance_status: 'active',
      maintenance_window: { start: iso(START), end: iso(START + HOUR) },
    });
    await rig.advance(HOUR);
    expect(await monzo()).toMatchObject({ maintenance_status: 'inactive', maintenance_window: null });
    expect((await rig.v1({ provider: 'Monzo' })).status).toBe(202);
  });

  test("another customer's task is not found", async () => {
    await rig.consent('k1');
    const { task_id: id, sub_tasks: subTasks } = (await rig.v2()).body.data;
    const stranger = { 'x-customer-id': 'somebody-else' };
    const v2 = await rig.bud('GET', `/open-banking/v2/refresh/${id}`, undefined, stranger);
    const v1 = await rig.bud('GET', `/v1/open-banking/refresh/${subTasks[0].task_id}`, undefined, stranger);
    expect([v2.status, v2.body.code_id, v1.status]).toEqual([404, 'task_not_found', 404]);
  });
});
