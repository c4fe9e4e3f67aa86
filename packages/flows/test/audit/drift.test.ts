import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, put, type Connection, type StatusTold } from '@freshet/domain';
import type { Connector } from '@freshet/ports';
import { scriptedConnector } from '@freshet/ports/memory';
import { ECHO_MS } from '@freshet/policy';
import { duplicateGroups } from '../../src/audit/duplicate-groups.js';
import { draw, drift, DRIFT_SAMPLE, judgeDrift, TOLD_LATE_MS } from '../../src/audit/drift.js';
import { connectionRow, imported, NOW, plant, risingIds } from '../../src/contract/audit-rows.js';
import { TENANT } from '../../src/contract/rig.js';
import { requestAudit, runAudit, type Engine } from '../../src/index.js';
import { testEngine } from './test-engine.js';

const ids = risingIds();
const active = (over: Partial<Connection> = {}): Connection => connectionRow(ids.next(), over);
const told = (status: string, reason: string | null = null, at: number | null = NOW): StatusTold => ({
  status,
  reason,
  at,
});

describe('what is shown beside what is kept', () => {
  test.each<readonly [what: string, ours: Partial<Connection>, theirs: StatusTold, severity: string | null]>([
    ['the same', {}, told('ACTIVE'), null],
    ['a reason that only we watch', { statusReason: 'ACCESS_EXPIRING_SOON' }, told('ACTIVE'), null],
    ['a login that is broken there', {}, told('RECONNECT_REQUIRED', 'LOGIN_REQUIRED'), 'critical'],
    ['one that is gone there', {}, told('DELETED'), 'critical'],
    ['a word that nobody knows', {}, told('SOMETHING_NEW'), 'critical'],
    [
      'a login that was mended there',
      { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' },
      told('ACTIVE'),
      'warning',
    ],
    [
      'an outage that is over',
      { status: 'DEGRADED', statusReason: 'INSTITUTION_CURRENTLY_UNAVAILABLE' },
      told('ACTIVE'),
      'info',
    ],
    [
      'another reason',
      { status: 'RECONNECT_REQUIRED', statusReason: 'OTHER' },
      told('RECONNECT_REQUIRED', 'LOGIN_REQUIRED'),
      'info',
    ],
    ['an older word than it told itself', { statusToldAt: NOW + 1 }, told('RECONNECT_REQUIRED'), null],
    ['a word as old as that', { statusToldAt: NOW }, told('RECONNECT_REQUIRED'), 'critical'],
    ['a connect that is not complete', { status: 'IN_PROGRESS' }, told('ACTIVE'), null],
    ['an inactive twin', { active: false }, told('ACTIVE', 'OTHER'), null],
  ])('%s', (_what, ours, theirs, severity) => {
    const found = judgeDrift({ connection: active(ours), shown: theirs }, NOW);
    expect(found.map((each) => each.severity)).toEqual(severity === null ? [] : [severity]);
  });
});

describe('data that a provider shows', () => {
  const late = NOW - TOLD_LATE_MS;

  test.each<
    readonly [what: string, lastSuccessAt: number | null, data: readonly { readonly at: number }[], found: boolean]
  >([
    ['and that we have', late, [{ at: late }], false],
    ['and that nobody has heard of', late - ECHO_MS - 1, [{ at: late - 5 }, { at: late }], true],
    ['and that is the same pull’s by another clock', late - ECHO_MS, [{ at: late }], false],
    ['and that may still be told of', late - DAY, [{ at: late + 1 }], false],
    ['older than ours', late + 5, [{ at: late }], false],
    ['where we have none', null, [{ at: late }], true],
    ['none at all', null, [], false],
  ])('%s', (_what, lastSuccessAt, data, found) => {
    const shown = { ...told('ACTIVE'), data };
    const findings = judgeDrift({ connection: active({ lastSuccessAt }), shown }, NOW);
    expect(findings.map(({ severity }) => severity)).toEqual(found ? ['warning'] : []);
  });
});

describe('the sample', () => {
  const many = Array.from({ length: 400 }, (_, n) => active({ provider: n % 4 === 0 ? 'PLAID' : 'MX' }));

  test('has so many of each provider, the same for the same audit however it is paged, and others for the next', () => {
    const whole = draw({}, many, 'aud_1');
    const paged = many.reduce((drawn, each) => draw(drawn, [each], 'aud_1'), {});
    expect(paged).toEqual(whole);
    expect(Object.values(whole).map((all) => all.length)).toEqual([DRIFT_SAMPLE, DRIFT_SAMPLE]);
    expect(Object.values(draw({}, many, 'aud_1', 3)).map((all) => all.length)).toEqual([3, 3]);
    const next = draw({}, many, 'aud_2')['meld MX'] ?? [];
    const common = next.filter((id) => whole['meld MX']?.includes(id));
    // 50 of 300 have some eight in common by chance.
    expect(common.length).toBeLessThan(25);
  });

  test('draws everybody about as often', () => {
    const counts = new Map<string, number>();
    for (let night = 0; night < 120; night += 1) {
      for (const id of draw({}, many, `aud_${night}`)['meld MX'] ?? []) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    // Each is drawn 20 times in 120 nights, give or take four.
    expect(
      Math.min(...many.filter(({ provider }) => provider === 'MX').map(({ id }) => counts.get(id) ?? 0)),
    ).toBeGreaterThan(4);
    expect(Math.max(...counts.values())).toBeLessThan(40);
  });
});

const audited = async (engine: Engine, pageSize = 2, driftSample?: number) => {
  const { id } = await requestAudit(engine, TENANT, 'request');
  return runAudit(engine, TENANT, id, {
    ...{ checks: [duplicateGroups, drift], pageSize },
    ...(driftSample === undefined ? {} : { driftSample }),
  });
};

const withConnector = (engine: Engine, connector: Connector): Engine => ({
  ...engine,
  connectorsOf: () => new Map([[connector.name, connector]]),
});

describe('the audit', () => {
  test.each([
    [3, 3, { 'duplicate-groups': 7, drift: 3 }],
    [0, 0, { 'duplicate-groups': 7 }],
  ])('with a sample of %i asks %i of a provider', async (driftSample, asked, examined) => {
    const { engine: bare, store } = testEngine();
    await plant(store, ...Array.from({ length: 7 }, () => active()).flatMap(imported));
    const meld = scriptedConnector('meld', { status: [told('ACTIVE')] });
    const run = await audited(withConnector(bare, meld), 2, driftSample);
    expect(run).toMatchObject({ state: 'done', counts: {} });
    expect(run?.examined).toEqual(examined);
    expect(meld.callsOf('status')).toHaveLength(asked);
  });

  test('reads those who were drawn, and finds who is not what they are here; it changes nothing', async () => {
    const { engine: bare, store } = testEngine();
    const rows = Array.from({ length: 7 }, () => active());
    const gone = active({ status: 'DELETED', active: false });
    await plant(store, ...[...rows, gone].flatMap(imported));
    const broken = rows[3] as Connection;
    const meld = scriptedConnector('meld', {
      status: [
        ({ externalId }) =>
          externalId === broken.externalId ? told('RECONNECT_REQUIRED', 'LOGIN_REQUIRED') : told('ACTIVE'),
      ],
    });
    const before = store.rows('connection');
    const run = await audited(withConnector(bare, meld));
    expect(run).toMatchObject({ state: 'done', examined: { drift: 7 }, counts: { 'drift/critical': 1 } });
    expect(store.rows('finding')).toMatchObject([
      { check: 'drift', connectionId: broken.id, evidence: { shownStatus: 'RECONNECT_REQUIRED' } },
    ]);
    expect(store.rows('connection')).toEqual(before);
    expect(meld.callsOf('refresh')).toEqual([]);
    expect(
      meld
        .callsOf('status')
        .map(({ externalId }) => externalId)
        .sort(),
    ).toEqual(rows.map(({ externalId }) => externalId).sort());
  });

  test('asks nobody where no connector is on, where a provider is closed, and not on and on where nothing is shown', async () => {
    const { engine: bare, store } = testEngine();
    const paused = {
      tenantId: TENANT,
      connector: '*',
      provider: 'PLAID',
      scope: 'provider',
      scopeKey: '',
      kind: 'paused',
    } as const;
    await plant(
      store,
      ...Array.from({ length: 20 }, () => active()).flatMap(imported),
      ...imported(active({ provider: 'PLAID' })),
      put('closure', { ...paused, id: 'paused', until: NOW + HOUR, probe: null, at: NOW }),
    );
    expect(await audited(bare)).toMatchObject({ state: 'done', examined: { drift: 0 } });
    const meld = scriptedConnector('meld', { status: [null] });
    expect(await audited(withConnector(bare, meld))).toMatchObject({ state: 'done', examined: { drift: 0 } });
    expect(meld.callsOf('status').length).toBeLessThan(8);
    expect(meld.callsOf('status').some(({ provider }) => provider === 'PLAID')).toBe(false);
    expect(store.rows('finding')).toEqual([]);
  });

  test('is told nothing by a webhook that came while it read', async () => {
    const { engine: bare, store } = testEngine();
    const one = active();
    await plant(store, ...imported(one));
    const meld = scriptedConnector('meld', {
      status: [
        async () => {
          await plant(
            store,
            put('connection', { ...one, status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' }),
          );
          return told('RECONNECT_REQUIRED', 'LOGIN_REQUIRED');
        },
      ],
    });
    await audited(withConnector(bare, meld));
    expect(store.rows('finding')).toEqual([]);
  });

  test('goes on behind those that a lost worker had read', async () => {
    const { engine: bare, store, clock } = testEngine();
    await plant(store, ...Array.from({ length: 9 }, () => active()).flatMap(imported));
    const meld = scriptedConnector('meld', { status: [told('ACTIVE')] });
    const engine = withConnector(bare, meld);
    const { id } = await requestAudit(engine, TENANT, 'request');
    const turn = engine.store.turn.bind(engine.store);
    let turns = 0;
    const dying: Engine = {
      ...engine,
      store: {
        ...engine.store,
        read: engine.store.read,
        close: engine.store.close,
        turn: (load, decide) => {
          turns += 1;
          if (turns > 9) throw new Error('the worker is gone');
          return turn(load, decide);
        },
      },
    };
    await runAudit(dying, TENANT, id, { checks: [drift], pageSize: 3 }).catch(() => undefined);
    clock.realNow += HOUR;
    const run = await runAudit({ ...engine, workerId: 'worker-2' }, TENANT, id, { checks: [drift], pageSize: 3 });
    expect(run).toMatchObject({ state: 'done', examined: { drift: 9 } });
  });
});
