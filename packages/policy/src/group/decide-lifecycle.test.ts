import { describe, expect, test } from '@jest/globals';
import { HOUR, insert } from '@freshet/domain';
import {
  connection,
  connectionId,
  counter,
  DAY,
  inputs,
  noon,
  pull,
  queued,
  reserved,
  running,
  tenant,
  twins,
} from '../../test/given.js';
import { kept, written } from '../../test/tables.js';
import {
  decideAbandoned,
  decideDelete,
  decidePaused,
  decideProductsAdded,
  type DeleteFacts,
} from './decide-lifecycle.js';

describe('a deletion', () => {
  const [a, b] = twins({ status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' });
  const c = { ...b, id: connectionId('c'), lastSuccessAt: noon - HOUR };
  const remove = (values: Partial<DeleteFacts> = {}) =>
    decideDelete({ connection: a, group: [a, b, c], open: null, ...values }, inputs()).effects;
  const rowOf = (effects: ReturnType<typeof remove>, name: string) =>
    written(effects, 'connection').find((row) => row.id === connectionId(name));
  const held = { pull: pull(), entries: [reserved()], counters: [counter()] };

  test('of the active one makes the most recently refreshed of the rest active, with its last status', () => {
    const effects = remove();
    expect(rowOf(effects, 'a')).toMatchObject({
      status: 'DELETED',
      statusReason: null,
      active: false,
      credentials: null,
    });
    expect(rowOf(effects, 'c')).toMatchObject({
      active: true,
      status: 'RECONNECT_REQUIRED',
      statusReason: 'LOGIN_REQUIRED',
    });
    expect(rowOf(effects, 'b')).toBeUndefined();
    expect(written(effects, 'statusChange').map((row) => row.event)).toEqual(['deleted', 'promoted']);
  });

  test('of an inactive one moves nobody else', () => {
    const effects = remove({ connection: b });
    expect(written(effects, 'connection').map((row) => row.id)).toEqual([b.id]);
  });

  test('of the last one leaves nobody', () => {
    expect(written(remove({ group: [a] }), 'connection')).toHaveLength(1);
  });

  test('a second time changes nothing', () => {
    expect(remove({ connection: { ...a, status: 'DELETED' } })).toEqual([]);
  });

  test('cancels its queued task and gives the money back', () => {
    const effects = remove({ open: { task: queued(), ...held } });
    expect(written(effects, 'task')).toMatchObject([{ state: 'cancelled', charge: 'released' }]);
    expect(written(effects, 'ledgerEntry')).toMatchObject([{ kind: 'released' }]);
  });

  test.each([
    ['a running one: its outcome touches only the ledger', running()],
    ['the queued one of a twin', queued({ connectionId: connectionId('b') })],
  ])('leaves alone %s', (_what, task) => {
    const effects = remove({ open: { task, ...held } });
    expect(written(effects, 'task')).toEqual([]);
    expect(written(effects, 'ledgerEntry')).toEqual([]);
  });

  test.each([
    ['runs: it is looked for with them', running(), undefined],
    ['waits', queued(), null],
    ['is a twin’s', running({ connectionId: connectionId('b') }), null],
  ])('erases its credentials, unless a refresh of its own %s', (_what, task, credentials) => {
    expect(rowOf(remove({ open: { task, ...held } }), 'a')?.credentials).toBe(credentials);
  });

  test('keeps one active at every moment', () => {
    const rows = kept(...[a, b, c].map((row) => ({ do: 'insert', record: 'connection', row }) as const));
    rows.apply(remove());
    expect(
      rows
        .all('connection')
        .filter((row) => row.active)
        .map((row) => row.id),
    ).toEqual([c.id]);
  });
});

describe('added products', () => {
  test('are granted from now on, and the pull that brings them counts', () => {
    const { effects } = decideProductsAdded(connection(), ['BALANCES', 'OWNERS'], inputs());
    expect(written(effects, 'connection')).toMatchObject([{ products: ['BALANCES', 'TRANSACTIONS', 'OWNERS'] }]);
    expect(written(effects, 'pull')).toMatchObject([
      { origin: 'products', products: ['OWNERS'], state: 'accepted', at: noon },
    ]);
  });

  test.each([
    ['are all granted already', connection(), ['BALANCES'] as const],
    ['come to a connection that is gone', connection('a', { status: 'DELETED' }), ['OWNERS'] as const],
  ])('that %s change nothing', (_what, to, products) => {
    expect(decideProductsAdded(to, products, inputs()).effects).toEqual([]);
  });
});

describe('a connect that nobody completes', () => {
  const connecting = connection('a', { status: 'IN_PROGRESS', connectedAt: noon });

  test.each([
    ['a millisecond before four hours', noon + 4 * HOUR - 1, []],
    ['at four hours', noon + 4 * HOUR, ['EXPIRED']],
  ])('%s', (_what, now, expired) => {
    const { effects } = decideAbandoned(connecting, [connecting], inputs(now));
    expect(written(effects, 'connection').map((row) => row.status)).toEqual(expired);
  });

  test('is no other connection', () => {
    const linked = connection('a', { connectedAt: noon - DAY });
    expect(decideAbandoned(linked, [linked], inputs()).effects).toEqual([]);
  });

  test('that its provider names a linked one leaves the group to the next twin', () => {
    const [a, b] = twins();
    const named = { ...a, status: 'IN_PROGRESS', statusReason: null };
    const { effects } = decideAbandoned(named, [named, b], inputs(noon + DAY));
    const rows = kept(insert('connection', named), insert('connection', b));
    rows.apply(effects.filter(({ record }) => record === 'connection'));
    expect(rows.one('connection', a.id)).toMatchObject({ status: 'EXPIRED', groupKey: a.id });
    expect(rows.one('connection', b.id)).toMatchObject({ active: true, groupKey: a.groupKey });
  });
});

describe('the switch of an operator', () => {
  test('closes a provider for every connector until it is turned back, and is the same closure each time', () => {
    const rows = kept();
    rows.apply(decidePaused(tenant, 'MX', true, inputs()).effects);
    rows.apply(decidePaused(tenant, 'MX', true, inputs(noon + HOUR)).effects);
    expect(rows.all('closure')).toMatchObject([
      { kind: 'paused', provider: 'MX', connector: '*', scope: 'provider', until: null },
    ]);
    rows.apply(decidePaused(tenant, 'PLAID', false, inputs()).effects);
    expect(rows.all('closure')).toHaveLength(1);
    rows.apply(decidePaused(tenant, 'MX', false, inputs()).effects);
    expect(rows.all('closure')).toEqual([]);
  });
});
