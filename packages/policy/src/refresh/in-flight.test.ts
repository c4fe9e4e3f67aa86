import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR } from '@freshet/domain';
import type { Decision, OpenTaskFacts, RefreshFacts, RefreshRequest } from '@freshet/domain';
import { budget, cooldown, facts, noon, openTask, policy, priced, request, taskId, window } from '../../test/given.js';
import type { RefreshPolicy } from '../policy.js';
import { decideRefresh } from './decide-refresh.js';

const join = (
  task: Partial<OpenTaskFacts> = {},
  seen: Partial<RefreshFacts> = {},
  rules: Partial<RefreshPolicy> = {},
  asked: Partial<RefreshRequest> = {},
): Decision => decideRefresh(facts({ openTask: openTask(task), ...seen }), request(asked), policy(rules));

const codes = (decision: Decision): readonly string[] =>
  decision.reasons.filter((reason) => reason.gate === 'in-flight').map((reason) => reason.code);

const balances = { products: ['BALANCES'], cost: { micros: 40_000, currency: 'USD' } } as const;

describe('a refresh under way', () => {
  test.each(['queued', 'running'] as const)('that is %s and brings what is asked for is joined, free', (state) => {
    const decision = join({ state, products: ['BALANCES', 'TRANSACTIONS'] });
    expect(decision).toMatchObject({ verdict: 'join', taskId: taskId('open'), cost: null, widens: [], refusal: null });
    expect(codes(decision)).toEqual(['IN_FLIGHT']);
  });

  test.each(['auto', 'force'] as const)('is joined in mode %s: it would be paid for twice', (mode) => {
    expect(join({}, {}, {}, { mode }).verdict).toBe('join');
  });

  test('is joined by one who asks for less', () => {
    const decision = join({ products: ['BALANCES', 'TRANSACTIONS'] }, {}, {}, { products: ['BALANCES'] });
    expect(codes(decision)).toEqual(['IN_FLIGHT']);
  });

  test('is joined though the provider was closed meanwhile', () => {
    const closures = [{ scope: 'provider', scopeKey: '', kind: 'paused', until: null }] as const;
    expect(join({}, { closures }).verdict).toBe('join');
  });

  test('without one, nothing is joined', () => {
    const decision = decideRefresh(facts(), request(), policy());
    expect(codes(decision)).toEqual(['NONE_IN_FLIGHT']);
  });
});

describe('a refresh that waits for its worker', () => {
  test('is widened by what it lacks', () => {
    const decision = join();
    expect(decision).toMatchObject({ verdict: 'join', widens: ['TRANSACTIONS'] });
    expect(codes(decision)).toEqual(['IN_FLIGHT', 'IN_FLIGHT_WIDENED']);
  });

  const lacks = (decision: Decision): void => {
    expect(decision).toMatchObject({ verdict: 'join', widens: [] });
    expect(decision.reasons.at(-1)).toMatchObject({
      code: 'IN_FLIGHT_LACKS_PRODUCTS',
      data: { products: ['TRANSACTIONS'] },
    });
  };

  test('is not widened once it runs', () => {
    lacks(join({ state: 'running' }));
  });

  test.each([
    ['a cooldown', cooldown({ products: ['TRANSACTIONS'] }), 'cooldown'],
    ['a window', window({ count: 1, products: ['TRANSACTIONS'] }), 'window'],
  ])('is not widened against %s of the product', (_what, limit, name) => {
    const usage = { [name]: { count: 1, oldestAt: noon - 1, latestAt: noon - 1 } };
    lacks(join({}, { usage }, { limits: [limit] }));
    expect(join({}, {}, { limits: [limit] }).widens).toEqual(['TRANSACTIONS']);
  });

  test('is not widened against a block that the provider told', () => {
    const told = (until: number) => [{ scope: 'group', scopeKey: '', kind: 'limited', until }] as const;
    lacks(join({}, { closures: told(noon + 1) }));
    expect(join({}, { closures: told(noon) }).widens).toEqual(['TRANSACTIONS']);
  });

  test.each([
    ['whose last cent it takes', 920_000, true],
    ['that it would exceed', 920_001, false],
  ])('is widened within a budget %s: only the difference counts', (_what, used, widens) => {
    const decision = join(balances, { budgets: [budget({ chargedMicros: used })] }, priced);
    expect(decision.widens).toEqual(widens ? ['TRANSACTIONS'] : []);
    if (!widens) lacks(decision);
  });

  test('is widened free of charge where the price stays the same', () => {
    const spent = budget({ chargedMicros: 1_000_000 });
    expect(join({}, { budgets: [spent] }).widens).toEqual(['TRANSACTIONS']);
  });

  test('that was asked for without the customer is judged as such', () => {
    const limit = window({ count: 2, reserveForAttended: 1, products: ['TRANSACTIONS'] });
    const usage = { window: { count: 1, oldestAt: noon - HOUR / 2, latestAt: noon - HOUR / 2 } };
    lacks(join({}, { usage }, { limits: [limit] }, { attended: true }));
  });
});

describe('the range of a refresh under way', () => {
  const range = { maxBackMs: 90 * DAY, overlapMs: 7 * DAY };
  /** The last data are a day old, so eight days back is what comes where no range is told. */
  const untold = noon - 8 * DAY;
  type Range = { readonly from?: number; readonly to?: number };

  const joined = (state: 'queued' | 'running', task: Range, asked: Range, rules: Partial<RefreshPolicy> = { range }) =>
    join({ state, products: ['BALANCES', 'TRANSACTIONS'], ...task }, {}, rules, asked);

  test.each<[string, Range, Range, boolean]>([
    ['the same', { from: noon - DAY, to: noon }, { from: noon - DAY, to: noon }, true],
    ['a shorter one', { from: noon - DAY, to: noon }, { from: noon - DAY + 1, to: noon - 1 }, true],
    ['one that begins earlier', { from: noon - DAY }, { from: noon - DAY - 1 }, false],
    ['one that ends later', { from: noon - DAY, to: noon - HOUR }, { from: noon - DAY, to: noon - HOUR + 1 }, false],
    ['one without an end', { from: noon - DAY, to: noon - HOUR }, { from: noon - DAY }, false],
    ['none, of one who tells none', {}, {}, true],
    ['one just within what comes untold', {}, { from: untold }, true],
    ['one that begins before what comes untold', {}, { from: untold - 1 }, false],
    ['none, which is just within the one told', { from: untold }, {}, true],
    ['none, which is more than the one told', { from: untold + 1 }, {}, false],
  ])('brings what is asked for where that is %s', (_what, task, asked, brings) => {
    expect(codes(joined('running', task, asked))).toEqual(
      brings ? ['IN_FLIGHT'] : ['IN_FLIGHT', 'IN_FLIGHT_LACKS_RANGE'],
    );
    expect(codes(joined('queued', task, asked))).toEqual(
      brings ? ['IN_FLIGHT'] : ['IN_FLIGHT', 'IN_FLIGHT_RANGE_WIDENED'],
    );
    expect(joined('queued', task, asked).widensRange === null).toBe(brings);
  });

  test('is told by one that runs, with what it brings of it', () => {
    const decision = joined('running', { from: noon - DAY, to: noon - HOUR }, { from: noon - 2 * DAY });
    expect(decision).toMatchObject({ verdict: 'join', widensRange: null });
    expect(decision.reasons.at(-1)?.data).toEqual({
      from: noon - 2 * DAY,
      to: null,
      broughtFrom: noon - DAY,
      broughtTo: noon - HOUR,
    });
  });

  test.each<[string, Range, Range, { from: number | null; to: number | null }]>([
    ['backwards', { from: noon - DAY }, { from: noon - 2 * DAY, to: noon }, { from: noon - 2 * DAY, to: null }],
    [
      'forwards',
      { from: noon - DAY, to: noon - HOUR },
      { from: noon - HOUR, to: noon },
      { from: noon - DAY, to: noon },
    ],
    ['to what comes untold', { from: noon - DAY, to: noon }, {}, { from: null, to: null }],
  ])('is widened %s while it waits', (_what, task, asked, widensRange) => {
    expect(joined('queued', task, asked)).toMatchObject({ widens: [], widensRange });
  });

  test('is no matter of balances, nor of a provider that takes none', () => {
    const task = openTask({ state: 'running', from: noon - DAY });
    const balancesOnly = decideRefresh(
      facts({ openTask: task }),
      request({ products: ['BALANCES'] }),
      policy({ range }),
    );
    expect(codes(balancesOnly)).toEqual(['IN_FLIGHT']);
    expect(codes(joined('running', { from: noon - DAY }, {}, {}))).toEqual(['IN_FLIGHT']);
  });

  test('comes untold from as far back as the provider reaches where nothing ever came', () => {
    const never = facts().asked;
    const seen = { active: { ...never, lastSuccessAt: null } };
    const task = { state: 'running', products: ['TRANSACTIONS'] } as const;
    const codesOf = (from: number) => codes(join(task, seen, { range }, { products: ['TRANSACTIONS'], from }));
    expect(codesOf(noon - 90 * DAY)).toEqual(['IN_FLIGHT']);
    expect(
      codes(join({ ...task, from: noon - 90 * DAY + 1 }, seen, { range }, { products: ['TRANSACTIONS'] })),
    ).toEqual(['IN_FLIGHT', 'IN_FLIGHT_LACKS_RANGE']);
  });
});
