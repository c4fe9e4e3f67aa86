import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { reasonsByStatus, standingOf, statuses } from '@freshet/domain';
import type { Connector } from '@freshet/ports';
import { connectionCall, context, NOW, progressCall, refreshCall, refreshContext } from '../http/fixtures/calls.js';
import { startLocalServer, type LocalServer } from '../http/fixtures/local-server.js';
import { createMeldConnector } from './connector.js';
import { completedEvent, connectionResource } from './fixtures/documented.js';

/** Meld has no API description: these are the tables of its pages, spelled out. */

let server: LocalServer;
let meld: Connector;
beforeEach(async () => {
  server = await startLocalServer(() => ({ status: 202, body: { requestId: 'r1' } }));
  meld = createMeldConnector({ apiKey: 'raw-key', baseUrl: server.url });
});
afterEach(() => server.close());

/** How a refresh ends whose connection is found so and was ACTIVE before; `pending`: it says nothing of the refresh. */
type Ending = 'pending' | 'customer-needed' | 'unavailable' | 'refused';

/** docs.meld.io/docs/connection-errors-and-reasons and its successor: every status with every reason. */
const standings: readonly (readonly [status: string, reason: string | null, ending: Ending])[] = [
  ['IN_PROGRESS', null, 'pending'],
  ['EXPIRED', null, 'refused'],
  ['ACTIVE', null, 'pending'],
  ['ACTIVE', 'ACCESS_EXPIRING_SOON', 'pending'],
  ['ACTIVE', 'NEW_ACCOUNTS_AVAILABLE', 'pending'],
  ['PARTIALLY_ACTIVE', 'PARTIAL_AGGREGATION_SUCCESS', 'pending'],
  ['PARTIALLY_ACTIVE', 'INACTIVE_DUPLICATE', 'pending'],
  ['DEGRADED', 'INSTITUTION_CURRENTLY_UNAVAILABLE', 'unavailable'],
  ['DEGRADED', 'INSTITUTION_ACTION_REQUIRED', 'customer-needed'],
  ['DEGRADED', 'SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE', 'unavailable'],
  ['DEGRADED', 'INTERACTIVE_REFRESH', 'customer-needed'],
  ['RECONNECT_REQUIRED', 'LOGIN_REQUIRED', 'customer-needed'],
  ['RECONNECT_REQUIRED', 'REPAIRING_INSTITUTION', 'customer-needed'],
  ['RECONNECT_REQUIRED', 'TOKEN_EXPIRED', 'customer-needed'],
  ['RECONNECT_REQUIRED', 'OTHER', 'customer-needed'],
  ['UNRECOVERABLE', 'CONTINUED_AGGREGATION_FAILURES', 'customer-needed'],
  ['UNDETERMINED', null, 'pending'],
  ['DELETED', null, 'refused'],
];

describe('the documented statuses and reasons', () => {
  test('are all of ours, and ours are all of them', () => {
    const ours = statuses.flatMap((status) => reasonsByStatus[status].map((reason) => `${status}/${reason}`));
    const theirs = standings.filter(([, reason]) => reason !== null).map(([status, reason]) => `${status}/${reason}`);
    expect(theirs.toSorted()).toEqual(ours.toSorted());
    expect(new Set(standings.map(([status]) => status))).toEqual(new Set(statuses));
  });

  test.each(standings)(
    '%s %s is told by webhook and by status read, and a look knows what it means: %s',
    async (...row) => {
      const [status, reason, ending] = row;
      expect(standingOf({ status, reason })).not.toBe('UNKNOWN');
      const payload = { ...completedEvent.payload, newStatus: status, ...(reason === null ? {} : { reason }) };
      const event = { ...completedEvent, eventType: 'BANK_LINKING_CONNECTION_STATUS_CHANGE', payload };
      expect(meld.translateWebhook(JSON.stringify(event), NOW)).toMatchObject([
        { kind: 'status-told', status, reason },
      ]);
      server.answer = () => ({ status: 200, body: { ...connectionResource, status, statusReason: reason } });
      expect(await meld.status(connectionCall, context())).toMatchObject({ status, reason, at: null });
      const look = progressCall({ asOfBefore: NOW, statusBefore: { status: 'ACTIVE', reason: null } });
      expect(await meld.progress(look, context())).toMatchObject({ kind: ending, told: { status, reason } });
    },
  );
});

const operations = {
  refresh: (to: Connector) => to.refresh(refreshCall(), refreshContext()),
  repair: (to: Connector) => to.repair(connectionCall, context()),
  update: (to: Connector) => to.addProducts({ ...connectionCall, products: ['OWNERS'] }, context()),
  delete: (to: Connector) => to.delete(connectionCall, context()),
  progress: (to: Connector) => to.progress(progressCall(), context()),
  import: (to: Connector) =>
    to.import(
      {
        provider: 'PLAID',
        customerId: 'c',
        institutionId: 'i',
        products: ['BALANCES'],
        credentials: { accessToken: 'x' },
      },
      context(),
    ),
} as const;
type OperationName = keyof typeof operations;

/** docs.meld.io/docs/reference, the pages of each operation, and "treat all 5xx alike". */
const codes: Readonly<Record<number, Readonly<Record<Exclude<OperationName, 'import' | 'progress'>, string>>>> = {
  400: { refresh: 'refused', repair: 'refused', update: 'refused', delete: 'refused' },
  401: { refresh: 'refused', repair: 'refused', update: 'refused', delete: 'refused' },
  403: { refresh: 'refused', repair: 'refused', update: 'refused', delete: 'refused' },
  404: { refresh: 'refused', repair: 'refused', update: 'gone', delete: 'gone' },
  409: { refresh: 'refused', repair: 'refused', update: 'refused', delete: 'gone' },
  429: { refresh: 'limited', repair: 'limited', update: 'limited', delete: 'limited' },
  500: { refresh: 'unknown', repair: 'unknown', update: 'unknown', delete: 'unknown' },
  501: { refresh: 'unknown', repair: 'unknown', update: 'unknown', delete: 'unknown' },
  502: { refresh: 'unknown', repair: 'unknown', update: 'unknown', delete: 'unknown' },
  503: { refresh: 'unknown', repair: 'unknown', update: 'unknown', delete: 'unknown' },
  504: { refresh: 'unknown', repair: 'unknown', update: 'unknown', delete: 'unknown' },
};

/** The documented error body; the form that a client in the field met; and none that can be read. */
const SECRET = 'account 4711 of 203.0.113.7';
const bodies: Readonly<Record<string, unknown>> = {
  documented: {
    code: 'BAD_REQUEST',
    message: SECRET,
    errors: [`[products] ${SECRET}`],
    requestId: 'r',
    timestamp: '2026-03-01T06:00:00Z',
  },
  'with its code under error': { error: 'CONFLICT', message: SECRET, serviceProviderDetails: { message: SECRET } },
  'of a proxy': `<html>${SECRET}</html>`,
  'that is empty': undefined,
};

describe.each(Object.entries(bodies))('a documented error whose body is %s', (_name, body) => {
  const rows = Object.entries(codes).flatMap(([status, kinds]) =>
    Object.entries(kinds).map(([name, kind]) => [Number(status), name as keyof typeof kinds, kind] as const),
  );

  test.each(rows)('%s to a %s: %s', async (status, name, kind) => {
    server.answer = () => ({ status, ...(body === undefined ? {} : { body: body as object }) });
    const answer = await operations[name](meld);
    // Whoever answers in HTML is not Meld: what it does not know is not gone.
    const isMelds = typeof body !== 'string';
    expect(answer.kind).toBe(kind === 'gone' && !isMelds ? 'refused' : kind);
    expect(JSON.stringify(answer)).not.toContain(SECRET);
    // After a 409 to a refresh the status is looked at; nothing is asked for twice.
    expect(server.seen.filter(({ method }) => method !== 'GET')).toHaveLength(1);
  });

  test.each(Object.keys(codes).map(Number))(
    '%s to a look says nothing of the refresh, but for a 404',
    async (status) => {
      server.answer = () => ({ status, ...(body === undefined ? {} : { body: body as object }) });
      const isGone = status === 404 && typeof body === 'object';
      expect((await operations.progress(meld)).kind).toBe(isGone ? 'refused' : 'unknown');
    },
  );

  test.each([
    [400, 'refused'],
    [401, 'refused'],
    [403, 'refused'],
    [429, 'limited'],
    [500, 'unknown'],
  ])('%s to an import: %s', async (status, kind) => {
    server.answer = ({ method }) =>
      method === 'GET'
        ? { status: 200, body: { connections: [], count: 0, remaining: 0 } }
        : { status, ...(body === undefined ? {} : { body: body as object }) };
    const answer = await operations.import(meld);
    expect(answer.kind).toBe(kind);
    expect(JSON.stringify(answer)).not.toContain(SECRET);
  });
});

describe('the documented events', () => {
  /** docs.meld.io/docs/bank-linking/webhook-events-bank-linking, and the list of v2022-11-10. */
  test.each([
    ['BANK_LINKING_CONNECTION_COMPLETED', 'link-completed'],
    ['BANK_LINKING_CONNECTION_STATUS_CHANGE', 'status-told'],
    ['BANK_LINKING_CONNECTION_DELETED', 'deleted'],
    ['BANK_LINKING_ACCOUNTS_UPDATING', 'ignored'],
    ['BANK_LINKING_ACCOUNTS_UPDATED', 'aggregated'],
    ['BANK_LINKING_TRANSACTIONS_AGGREGATED', 'aggregated'],
    ['BANK_LINKING_HISTORICAL_TRANSACTIONS_AGGREGATED', 'aggregated'],
    ['BANK_LINKING_ACCOUNTS_REMOVED', 'ignored'],
    ['BANK_LINKING_NEW_ACCOUNTS_AVAILABLE', 'new-accounts'],
    ['BANK_LINKING_CUSTOMER_ACTION_REQUIRED', 'status-told'],
    ['WEBHOOK_TEST', 'ignored'],
  ])('%s: %s', (eventType, kind) => {
    const event = { ...completedEvent, eventType, payload: { ...completedEvent.payload, newStatus: 'ACTIVE' } };
    expect(meld.translateWebhook(JSON.stringify(event), NOW)).toMatchObject([{ kind }]);
  });
});
