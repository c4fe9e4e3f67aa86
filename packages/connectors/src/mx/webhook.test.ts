import { describe, expect, test } from '@jest/globals';
import type { ProviderEvent } from '@freshet/domain';
import { HOUR } from '@freshet/domain';
import type { RawWebhook } from '@freshet/ports';
import fc from 'fast-check';
import { NOW } from '../http/fixtures/calls.js';
import { webhooks } from './fixtures/documented.js';
import type { MxSettings } from './settings.js';
import { proofOf, translateMxWebhook, verifyMxWebhook } from './webhook.js';

const base: MxSettings = { clientId: 'c', apiKey: 'k' };
const login = { username: 'mx', password: 'hush' };
const authorization = `Basic ${Buffer.from('mx:hush').toString('base64')}`;
const raw = (more: Partial<RawWebhook> = {}, body: object = webhooks.aggregation): RawWebhook => ({
  headers: {},
  body: new TextEncoder().encode(JSON.stringify(body)),
  secret: null,
  receivedAt: NOW,
  ...more,
});

describe('who may have sent it', () => {
  test.each<[string, Partial<MxSettings>, Partial<RawWebhook>, boolean]>([
    ['nothing set', {}, { secret: 'path', headers: { authorization } }, false],
    ['blanks set', { webhookSecret: '', webhookLogin: { username: '', password: '' } }, { secret: '' }, false],
    ['the path', { webhookSecret: 'path' }, { secret: 'path' }, true],
    ['another path', { webhookSecret: 'path' }, { secret: 'paths' }, false],
    ['no path', { webhookSecret: 'path' }, {}, false],
    ['the login', { webhookLogin: login }, { headers: { authorization } }, true],
    ['another login', { webhookLogin: login }, { headers: { authorization: `${authorization}=` } }, false],
    ['no login', { webhookLogin: login }, { secret: 'hush' }, false],
    ['both', { webhookSecret: 'path', webhookLogin: login }, { secret: 'path', headers: { authorization } }, true],
    ['only the path of both', { webhookSecret: 'path', webhookLogin: login }, { secret: 'path' }, false],
    ['only the login of both', { webhookSecret: 'path', webhookLogin: login }, { headers: { authorization } }, false],
  ])('%s', (_name, settings, given, genuine) => {
    const verdict = verifyMxWebhook(raw(given), proofOf({ ...base, ...settings }));
    expect(verdict.genuine).toBe(genuine);
    for (const word of ['hush', authorization]) expect(JSON.stringify(verdict)).not.toContain(word);
  });

  const keyOf = (body: object, receivedAt: number): string => {
    const verdict = verifyMxWebhook(
      raw({ secret: 'path', receivedAt }, body),
      proofOf({ ...base, webhookSecret: 'path' }),
    );
    return verdict.genuine ? verdict.eventKey : 'forged';
  };

  test('a replay has the key of the first, whenever it comes; other bytes have another', () => {
    expect(keyOf(webhooks.aggregation, NOW + 20 * HOUR)).toBe(keyOf(webhooks.aggregation, NOW));
    expect(keyOf({ ...webhooks.aggregation, completed_at: 1 }, NOW)).not.toBe(keyOf(webhooks.aggregation, NOW));
  });

  test('a changed status has no time: its next is known from its replay by the hour', () => {
    expect(keyOf(webhooks.connectionStatus, NOW + HOUR - 1)).toBe(keyOf(webhooks.connectionStatus, NOW));
    expect(keyOf(webhooks.connectionStatus, NOW + HOUR)).not.toBe(keyOf(webhooks.connectionStatus, NOW));
  });
});

const about = { externalId: 'MBR-48d9a481-f2a2-7e13-2685-62869cf0d33a', at: 1_531_947_410_999 };
const translated = (body: object): readonly ProviderEvent[] => translateMxWebhook(JSON.stringify(body), NOW);

describe('events', () => {
  const { aggregation, balance, statement, connectionStatus } = webhooks;
  const member = { type: 'MEMBER', guid: about.externalId };
  const now = { ...about, at: NOW };
  test.each<[object, object]>([
    [aggregation, { kind: 'aggregated', products: ['BALANCES', 'TRANSACTIONS'], newData: true, ...about }],
    [
      { ...aggregation, transactions_created_count: 0, transactions_updated_count: 0 },
      { kind: 'aggregated', products: ['BALANCES', 'TRANSACTIONS'], newData: false, ...about },
    ],
    [
      { ...aggregation, type: 'HISTORY', transactions_updated_count: null },
      { kind: 'aggregated', products: ['TRANSACTIONS'], newData: true, ...about },
    ],
    [balance, { kind: 'aggregated', products: ['BALANCES'], newData: null, ...about }],
    [
      { ...balance, completed_at: 'yesterday' },
      { kind: 'aggregated', products: ['BALANCES'], newData: null, ...now },
    ],
    [
      { ...balance, completed_at: 9_999_999_999 },
      { kind: 'aggregated', products: ['BALANCES'], newData: null, ...now },
    ],
    [
      { ...aggregation, action: 'other' },
      { kind: 'ignored', type: 'AGGREGATION' },
    ],
    [statement, { kind: 'ignored', type: 'STATEMENT' }],
    [connectionStatus, { kind: 'status-told', status: 'DEGRADED', reason: 'INTERACTIVE_REFRESH', ...now }],
    [
      { ...connectionStatus, connection_status: 'SNOOZING' },
      { kind: 'status-told', status: 'SNOOZING', reason: null, ...now },
    ],
    [
      { ...connectionStatus, connection_status: null },
      { kind: 'status-told', status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED', ...now },
    ],
    [
      { ...connectionStatus, connection_status: 7 },
      { kind: 'ignored', type: 'CONNECTION_STATUS' },
    ],
    [
      { ...connectionStatus, member_guid: null },
      { kind: 'ignored', type: 'CONNECTION_STATUS' },
    ],
    [
      { ...member, action: 'created' },
      { kind: 'link-completed', providerConnectionId: null, ...now },
    ],
    [
      { ...member, action: 'updated', connection_status: 'UPDATED', updated_at: 1_531_947_410 },
      { kind: 'link-completed', providerConnectionId: null, ...about },
    ],
    [
      { ...member, action: 'updated', connection_status: 'CONNECTED' },
      { kind: 'status-told', status: 'ACTIVE', reason: null, ...now },
    ],
    [
      { ...member, action: 'updated', connection_status: 'CREATED', is_being_aggregated: true },
      { kind: 'ignored', type: 'MEMBER' },
    ],
    [
      { ...member, action: 'deleted' },
      { kind: 'deleted', ...now },
    ],
    [
      { ...member, action: 'toString' },
      { kind: 'ignored', type: 'MEMBER' },
    ],
    [
      { type: 'toString', member_guid: 'MBR-1' },
      { kind: 'ignored', type: 'toString' },
    ],
    [
      { type: 'a b', member_guid: 'MBR-1' },
      { kind: 'ignored', type: 'unnamed' },
    ],
  ])('%j', (body, expected) => {
    expect(translated(body)).toEqual([expected]);
  });

  test('a body that is not the format gives nothing, whatever it is', () => {
    for (const body of ['', '<html>', '[]', 'null', '{"type":7}']) expect(translateMxWebhook(body, NOW)).toEqual([]);
    fc.assert(fc.property(fc.json(), (body) => Array.isArray(translateMxWebhook(body, NOW))));
  });

  test('nothing in the fields of an event makes it throw, or be from after its arrival', () => {
    const fields = Object.keys({ ...webhooks.aggregation, ...webhooks.connectionStatus, guid: '', updated_at: 0 });
    const types = fc.constantFrom('AGGREGATION', 'BALANCE', 'HISTORY', 'CONNECTION_STATUS', 'MEMBER');
    const odd = fc.dictionary(fc.constantFrom(...fields), fc.jsonValue());
    fc.assert(
      fc.property(types, odd, fc.boolean(), (type, more, isWhole) => {
        const events = translated({ member_guid: 'm', action: 'updated', ...more, ...(isWhole ? { type } : {}) });
        return events.length <= 1 && events.every((event) => event.kind === 'ignored' || event.at <= NOW);
      }),
    );
  });
});
