import { describe, expect, test } from '@jest/globals';
import { parseId } from '@freshet/domain';
import type { RefreshContext } from '../connector.js';
import { fixedClock, plainVault, scriptedConnector, sequentialIds } from './index.js';

describe('a fixed clock', () => {
  test('moves both times, or the real one alone', () => {
    const clock = fixedClock(1_000);
    clock.advance(5);
    expect([clock.now(), clock.realNow()]).toEqual([1_005, 1_005]);
    clock.advanceReal(10);
    expect([clock.now(), clock.realNow()]).toEqual([1_005, 1_015]);
    clock.set(7);
    expect([clock.now(), clock.realNow()]).toEqual([7, 7]);
  });
});

describe('sequential ids', () => {
  test('are UUIDv7s that rise, the same in each run', () => {
    const [first, second] = [sequentialIds(), sequentialIds()];
    const made = Array.from({ length: 300 }, () => first.next());
    expect(made).toEqual(Array.from({ length: 300 }, () => second.next()));
    expect([...made].sort()).toEqual(made);
    expect(new Set(made).size).toBe(300);
    for (const uuid of made) expect(parseId('task', `task_${uuid}`)).toBeDefined();
  });
});

describe('a plain vault', () => {
  const vault = plainVault();

  test('opens what it sealed, where it belongs', () => {
    expect(vault.open(vault.seal('secret', 'conn_1'), 'conn_1')).toBe('secret');
  });

  test.each([
    ['moved', vault.seal('secret', 'conn_1'), 'conn_2'],
    ['tampered with', vault.seal('secret', 'conn_1').slice(1), 'conn_1'],
    ['never sealed', '"secret"', 'conn_1'],
    ['empty', '', 'conn_1'],
  ])('does not open what was %s', (_what, sealed, belongsTo) => {
    expect(vault.open(sealed, belongsTo)).toBeUndefined();
  });
});

describe('a scripted connector', () => {
  const call = {
    ...{ externalId: 'e', provider: 'MX', customerId: 'c', institutionId: 'i', providerConnectionId: null },
    credentials: null,
  };
  const refreshCall = {
    ...{ ...call, pullId: 'pull_1' as never, products: [], allProducts: true, from: null, to: null, presence: null },
  };
  const told: string[] = [];
  const context: RefreshContext = {
    now: () => 0,
    signal: new AbortController().signal,
    sending: async () => {
      told.push('sent');
    },
  };

  test('answers in order, and the last answer again and again', async () => {
    const connector = scriptedConnector('meld', {
      progress: [{ kind: 'pending' }, { kind: 'unknown', message: 'lost' }],
    });
    const look = { ...call, providerTaskId: null, products: [], sentAt: 0, asOfBefore: null };
    const kinds = [];
    for (let n = 0; n < 3; n += 1) kinds.push((await connector.progress(look, context)).kind);
    expect(kinds).toEqual(['pending', 'unknown', 'unknown']);
    expect(connector.callsOf('progress')).toEqual([look, look, look]);
  });

  test('is sent before it answers a refresh, and may answer by the call', async () => {
    const connector = scriptedConnector('meld', {
      refresh: [({ pullId }) => ({ kind: 'accepted', providerTaskId: pullId, coalesced: false })],
    });
    expect(await connector.refresh(refreshCall, context)).toMatchObject({ providerTaskId: 'pull_1' });
    expect(told).toEqual(['sent']);
  });

  test('is not called where the lease was lost', async () => {
    const connector = scriptedConnector('meld', { refresh: [{ kind: 'busy', runningId: null }] });
    const lost = { ...context, sending: () => Promise.reject(new Error('lease lost')) };
    await expect(connector.refresh(refreshCall, lost)).rejects.toThrow('lease lost');
    expect(connector.calls).toEqual([]);
  });

  test('refuses what it has no answer to, until it is told one', async () => {
    const connector = scriptedConnector('meld');
    await expect(connector.delete(call, context)).rejects.toThrow('meld has no answer to delete');
    connector.script({ delete: [{ kind: 'gone' }] });
    expect(await connector.delete(call, context)).toEqual({ kind: 'gone' });
    expect(await connector.status(call, context)).toBeNull();
    expect(connector.translateWebhook('{}', 0)).toEqual([]);
  });
});
