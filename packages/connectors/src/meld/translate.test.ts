import { describe, expect, test } from '@jest/globals';
import { HOUR, type RefreshProgress, type StatusAndReason } from '@freshet/domain';
import type { Exchange } from '../http/exchange.js';
import { NOW, progressCall } from '../http/fixtures/calls.js';
import { html, json } from '../http/fixtures/replies.js';
import { connectionResource } from './fixtures/documented.js';
import { failedRows } from './statuses.js';
import { changeAnswerOf, linkAnswerOf, progressAnswerOf, refreshAnswerOf } from './translate.js';

const iso = (at: number): string => new Date(at).toISOString();

interface Look {
  readonly status?: string | null;
  readonly reason?: string | null;
  readonly stamp?: number | null;
  readonly before?: StatusAndReason | null;
  readonly asOfBefore?: number | null;
}
const look = ({
  status = 'ACTIVE',
  reason = null,
  stamp = NOW - HOUR,
  before,
  asOfBefore = NOW - HOUR,
}: Look): RefreshProgress => {
  const stamped = stamp === null ? null : iso(stamp);
  const resource = { ...connectionResource, status, statusReason: reason, successfullyAggregatedAt: stamped };
  const call = progressCall({ asOfBefore, ...(before === undefined ? {} : { statusBefore: before }) });
  return progressAnswerOf(json(200, resource), call, NOW);
};

describe('the answer to a refresh', () => {
  test('any 2xx of Meld is accepted; it names no job', () => {
    for (const status of [200, 202]) {
      const answer = refreshAnswerOf(json(status, { requestId: 'r', serviceProviderDetails: null }), NOW);
      expect(answer).toEqual({ kind: 'accepted', providerTaskId: null, coalesced: false });
    }
    expect(refreshAnswerOf(html(200), NOW).kind).toBe('unknown');
  });

  test('a refused one says which code, wherever Meld puts it', () => {
    const message = 'Meld does not allow it in the present status of the connection (HTTP 409 CONFLICT)';
    expect(refreshAnswerOf(json(409, { code: 'CONFLICT', message: 'secret-1' }), NOW)).toEqual({
      kind: 'refused',
      message,
    });
    expect(refreshAnswerOf(json(409, { error: 'CONFLICT' }), NOW)).toEqual({ kind: 'refused', message });
    expect(refreshAnswerOf(html(409), NOW).kind).toBe('refused');
  });

  test("a limit is the group's", () => {
    const answer = refreshAnswerOf(json(429, {}, { 'retry-after': '10800' }), NOW);
    expect(answer).toEqual({ kind: 'limited', until: NOW + 3 * HOUR, scope: 'group', said: '429' });
  });
});

describe('what the connection shows of a refresh', () => {
  test.each<[string, Look, RefreshProgress['kind']]>([
    ['the stamp of before', {}, 'pending'],
    ['no stamp', { stamp: null }, 'pending'],
    ["a stamp of the call's time", { stamp: NOW }, 'done'],
    ['a newer stamp', { stamp: NOW + 2_000 }, 'done'],
    ['a new stamp from just before the call: their clock is behind', { stamp: NOW - 30_000 }, 'done'],
    ['a new stamp from longer before the call', { stamp: NOW - 30_001 }, 'pending'],
    ['a stamp from before the call, nothing known before', { stamp: NOW - 1, asOfBefore: null }, 'pending'],
    ['a newer stamp that we knew', { stamp: NOW + 2_000, asOfBefore: NOW + 2_000 }, 'pending'],
    ['nothing known before', { stamp: NOW + 1, asOfBefore: null }, 'done'],
    ['part of it', { stamp: NOW + 1, status: 'PARTIALLY_ACTIVE', reason: 'PARTIAL_AGGREGATION_SUCCESS' }, 'partial'],
    ["an inactive twin's whole", { stamp: NOW + 1, status: 'PARTIALLY_ACTIVE', reason: 'INACTIVE_DUPLICATE' }, 'done'],
    ['a newer stamp in a bad status', { stamp: NOW + 1, status: 'RECONNECT_REQUIRED', reason: 'OTHER' }, 'done'],
    ['a status that we do not know', { status: 'SNOOZING' }, 'pending'],
    ['no status', { status: null }, 'pending'],
    ['an undetermined one', { status: 'UNDETERMINED' }, 'pending'],
    [
      'a new outage, but nothing known before',
      { status: 'DEGRADED', reason: 'INSTITUTION_CURRENTLY_UNAVAILABLE' },
      'pending',
    ],
    [
      'a reason of DEGRADED that we do not know',
      { status: 'DEGRADED', reason: 'NAPPING', before: { status: 'ACTIVE', reason: null } },
      'pending',
    ],
  ])('%s: %#', (_name, given, kind) => {
    expect(look(given).kind).toBe(kind);
  });

  test.each(failedRows)(
    '$status $reason ends it where it can be its result: $counts',
    ({ status, reason, ending, counts }) => {
      const bad = { status, reason };
      const fresh = look({ ...bad, before: { status: 'ACTIVE', reason: null } });
      const kinds = {
        gone: 'refused',
        'institution-unavailable': 'unavailable',
        'provider-unavailable': 'unavailable',
      };
      expect(fresh.kind).toBe((kinds as Record<string, string>)[ending] ?? 'customer-needed');
      expect(fresh.told).toEqual({ ...bad, at: null });
      if (fresh.kind === 'customer-needed') expect(fresh.event).toBe(ending);
      if (fresh.kind === 'unavailable') expect(`${fresh.who}-unavailable`).toBe(ending);
      const settles = counts === 'any' ? fresh.kind : 'pending';
      expect(look({ ...bad, before: bad }).kind).toBe(settles);
      expect(look(bad).kind).toBe(settles);
      expect(look({ ...bad, before: { status: 'PARTIALLY_ACTIVE', reason: 'INACTIVE_DUPLICATE' } }).kind).toBe(settles);
    },
  );

  test("it tells the status along, in present terms, and never the provider's details", () => {
    expect(look({ stamp: NOW + 1 })).toEqual({
      kind: 'done',
      asOf: NOW + 1,
      newData: null,
      told: { status: 'ACTIVE', reason: null, at: null },
    });
    expect(look({ status: 'CUSTOMER_ACTION_REQUIRED' })).toMatchObject({
      kind: 'customer-needed',
      told: { status: 'RECONNECT_REQUIRED', reason: 'OTHER' },
    });
    expect(JSON.stringify(look({}))).not.toContain('never-to-be-shown');
  });

  test("a look that failed says nothing, but for Meld's own 404", () => {
    const call = progressCall();
    for (const exchange of [
      json(500, {}),
      json(401, {}),
      json(429, {}),
      html(404),
      html(200),
      json(200, []),
      json(200, {}),
    ]) {
      expect(progressAnswerOf(exchange, call, NOW).kind).toBe('unknown');
    }
    expect(progressAnswerOf({ kind: 'lost', why: 'deadline' }, call, NOW).kind).toBe('unknown');
    expect(progressAnswerOf({ kind: 'unsent', why: 'ECONNREFUSED', lasting: false }, call, NOW).kind).toBe('unknown');
    expect(progressAnswerOf(json(404, { code: 'NOT_FOUND' }), call, NOW).kind).toBe('refused');
  });
});

describe('the other operations', () => {
  const token = `x.${Buffer.from(JSON.stringify({ exp: 1_772_380_800 })).toString('base64url')}.y`;
  const widgetUrl = 'https://meldcdn.com?token=x';

  test('a repair is a page, which lives as long as its token says', () => {
    const link = linkAnswerOf(json(200, { id: 'c', widgetUrl, connectToken: token }), NOW);
    expect(link).toEqual({ kind: 'link', connectUrl: widgetUrl, expiresAt: 1_772_380_800_000 });
    expect(linkAnswerOf(json(200, { widgetUrl, connectToken: 'opaque' }), NOW)).toMatchObject({
      kind: 'link',
      expiresAt: null,
    });
    expect(linkAnswerOf(json(200, { widgetUrl: 'javascript:alert(1)' }), NOW).kind).toBe('unknown');
    expect(linkAnswerOf(json(409, {}), NOW).kind).toBe('refused');
  });

  test.each([
    [json(200, {}), 'accepted'],
    [{ ...json(204, null), body: { kind: 'empty' } } as Exchange, 'accepted'],
    [json(404, {}), 'gone'],
    [json(409, {}), 'gone'],
    [html(404), 'refused'],
    [json(500, {}), 'unknown'],
    [{ kind: 'lost', why: 'deadline' } as Exchange, 'unknown'],
  ])('a delete: %#', (exchange, kind) => {
    expect(changeAnswerOf(exchange, [404, 409], NOW).kind).toBe(kind);
  });
});
