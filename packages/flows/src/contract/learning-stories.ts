import { expect, test } from '@jest/globals';
import {
  DAY,
  HOUR,
  MINUTE,
  type Connection,
  type ConnectionRates,
  type ReasonData,
  type RefreshFacts,
} from '@freshet/domain';
import { decideRefresh, limitDemandId, postingProfileId, ratesId } from '@freshet/policy';
import { learnPostingHours, policyOf, previewRefresh } from '../index.js';
import {
  ask,
  bringInOne,
  bringInTwins,
  deliver,
  force,
  MORNING,
  mxRow,
  reasonsOf,
  rigsOver,
  runDue,
  TENANT,
  type OpenStore,
  type Rig,
} from './rig.js';

const ratesOf = ({ store }: Rig, { groupKey }: Connection): Promise<ConnectionRates | null> =>
  store.read('connectionRates', { id: ratesId(TENANT, groupKey) });

let told = 0;

/** The provider's own pulls of now, told in one webhook. */
const background = (rig: Rig, connections: readonly Connection[], newData: boolean | null): Promise<void> => {
  told += 1;
  const about = { kind: 'aggregated', at: rig.clock.now(), products: ['BALANCES', 'TRANSACTIONS'], newData } as const;
  return deliver(rig, `arrived-${told}`, ...connections.map(({ externalId }) => ({ ...about, externalId })));
};

const days = async (rig: Rig, connection: Connection, count: number, newData: boolean | null): Promise<void> => {
  for (let day = 0; day < count; day += 1) {
    rig.clock.advance(DAY);
    await background(rig, [connection], newData);
  }
};

const auto = async (rig: Rig, { id }: Connection, maxAgeMs: number | null = null) => {
  const decided = await ask(rig, id, { request: { mode: 'auto', maxAgeMs } });
  const weighed = decided.record.decision.reasons.find(({ gate }) => gate === 'worth')?.data ?? {};
  return { verdict: decided.record.verdict, codes: reasonsOf(decided), weighed: weighed as ReasonData };
};

export const learningStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  test('how often the data changes is learned from what pulls brought, and decides', async () => {
    const rig = newRig();
    const busy = await bringInOne(rig, mxRow({ customerId: 'busy' }));
    const quiet = await bringInOne(rig, mxRow({ customerId: 'quiet' }));
    for (let day = 0; day < 10; day += 1) {
      await days(rig, busy, 1, true);
      await background(rig, [quiet], false);
    }
    const [fast, slow] = [await ratesOf(rig, busy), await ratesOf(rig, quiet)];
    expect(fast?.changesPerDay.TRANSACTIONS).toBeGreaterThan(2);
    expect(slow?.changesPerDay.TRANSACTIONS).toBeLessThan(0.15);
    expect(fast?.changesPerDay.BALANCES).toBe(fast?.changesPerDay.TRANSACTIONS);

    rig.clock.advance(8 * HOUR);
    expect(await auto(rig, busy)).toMatchObject({ verdict: 'force' });
    const waits = await auto(rig, quiet);
    expect(waits).toMatchObject({ verdict: 'wait' });
    expect(waits.codes).toContain('WORTH_WAITING');
    expect(waits.weighed.missedChanges).toBeCloseTo(((slow?.changesPerDay.BALANCES ?? 0) * 8) / 24, 3);
  });

  test('a pull that does not say whether it brought anything teaches nothing of changes', async () => {
    const rig = newRig();
    const connection = await bringInOne(rig);
    await days(rig, connection, 5, null);
    expect(await ratesOf(rig, connection)).toMatchObject({ changes: {}, changesPerDay: {} });
  });

  test('how often it is read is counted where data arrives, over all twins', async () => {
    const rig = newRig();
    const [one, other] = (await bringInTwins(rig, 2)) as [Connection, Connection];
    await days(rig, one, 1, false);
    rig.clock.advance(MINUTE);
    for (let read = 0; read < 8; read += 1)
      await ask(rig, read % 2 === 0 ? one.id : other.id, { request: { mode: 'auto' } });
    await days(rig, one, 1, false);
    const rates = await ratesOf(rig, one);
    expect(rates?.reads).toMatchObject({ reads: 8, days: 1 + 1 / 1440 });
    // Eight in one day, beside three days of the prior's 0.6.
    expect(rates?.readsPerDay).toBeCloseTo((8 + 0.6 * 3) / (4 + 1 / 1440), 10);
    expect(await ratesOf(rig, other)).toEqual(rates);
    await days(rig, one, 1, false);
    expect((await ratesOf(rig, one))?.reads.reads).toBeLessThan(8);
  });

  test("the provider's word that something is new is worth a refresh, until data comes", async () => {
    const rig = newRig();
    const connection = await bringInOne(rig);
    await days(rig, connection, 10, false);
    rig.clock.advance(4 * HOUR);
    expect(await auto(rig, connection)).toMatchObject({ verdict: 'wait' });
    const { externalId } = connection;
    await deliver(rig, 'word', { kind: 'change-told', externalId, at: rig.clock.now() - MINUTE });
    const forced = await auto(rig, connection);
    expect(forced).toMatchObject({ verdict: 'force', weighed: { toldAt: rig.clock.now() - MINUTE, staleChance: 0.9 } });
    await runDue(rig);
    rig.meld.script({ progress: [() => ({ kind: 'done', asOf: rig.clock.now(), newData: true, products: null })] });
    rig.clock.advance(MINUTE);
    await runDue(rig);
    expect(await ratesOf(rig, connection)).toMatchObject({ toldAt: null, told: { yes: 1, no: 0 }, forced: { yes: 1 } });
  });

  test('the money that a budget has left sets the price, and the price does not begin anew with the period', async () => {
    const day = { name: 'daily', period: 'day', timeZone: 'UTC', amount: '0.50', currency: 'USD' };
    const price = { currency: 'USD', perRequest: '0.10', billedOn: 'success' };
    const rig = newRig({
      policyFile: { version: 1, budgets: [day], overrides: [{ match: { provider: 'MX' }, set: { price } }] },
    });
    const many = [];
    for (let index = 0; index < 6; index += 1) many.push(await bringInOne(rig, mxRow({ customerId: `c-${index}` })));
    const [first, ...others] = many as [Connection, ...Connection[]];
    const before = await auto(rig, first);
    // Ten hours of the day have passed, and nothing was spent.
    expect(before.weighed).toMatchObject({ priceSetBy: 'daily' });
    expect(before.weighed.price).toBeCloseTo(0.5 * Math.exp((-0.8 * 10) / 24), 6);
    for (const { id } of others.slice(0, 3)) await force(rig, id);
    const after = await auto(rig, others[4] as Connection);
    expect(after.weighed.price).toBeGreaterThan(1.2 * (before.weighed.price as number));
    expect(after).toMatchObject({ verdict: 'wait' });
    expect(after.codes).toContain('WORTH_WAITING');

    // Two hours into the next day, with none of its money spent: it only fell, by 0.8 powers of e a day.
    rig.clock.advance(16 * HOUR);
    expect(rig.clock.now()).toBe(MORNING + 16 * HOUR);
    const nextDay = await auto(rig, others[4] as Connection);
    expect(nextDay.weighed.price).toBeCloseTo((after.weighed.price as number) * Math.exp((-0.8 * 16) / 24), 6);
  });

  test('a place that an account shares is kept for whoever needs it more, and is free again with the hour', async () => {
    const places = { kind: 'window', scope: 'account', count: 4, per: { shape: 'rolling', length: 'PT1H' } };
    const limits = { 'account-hour': { ...places, counts: { origins: ['forced'] } }, 'mx-cooldown': null };
    const rig = newRig({ policyFile: { version: 1, overrides: [{ match: { provider: 'MX' }, set: { limits } }] } });
    const many: Connection[] = [];
    for (let index = 0; index < 5; index += 1) many.push(await bringInOne(rig, mxRow({ customerId: `c-${index}` })));
    const [asked, ...others] = many as [Connection, ...Connection[]];
    rig.clock.advance(8 * HOUR);
    const looked = async () => {
      const { id: connectionId } = asked;
      const request = { mode: 'auto', products: null, maxAgeMs: null, from: null, to: null, attended: false } as const;
      const seen = await previewRefresh(rig.engine, { tenantId: TENANT, connectionId, request });
      return seen.kind === 'decided' ? seen.record : undefined;
    };
    expect(await looked()).toMatchObject({
      verdict: 'force',
      facts: expect.not.objectContaining({ demand: expect.anything() }),
    });

    for (const { id } of others.slice(0, 3)) await force(rig, id);
    const id = limitDemandId(TENANT, { name: 'account-hour', scope: 'account' }, asked);
    const row = await rig.store.read('limitDemand', { id });
    expect(row).toMatchObject({ limit: 'account-hour', perWindow: 3, worth: 1, at: rig.clock.now() });
    const kept = await looked();
    expect(kept).toMatchObject({ verdict: 'wait', facts: { demand: { 'account-hour': { perWindow: 3, worth: 1 } } } });
    const data = kept?.decision.reasons.find(({ gate }) => gate === 'worth')?.data;
    expect(data).toMatchObject({ placeUnder: 'account-hour', placeMissed: expect.closeTo(0.595, 3) });
    if (kept === undefined) throw new Error('not decided');
    expect(decideRefresh(kept.facts as RefreshFacts, kept.request, policyOf(rig.engine, asked))).toEqual(kept.decision);

    // They are sent, and leave the window an hour later.
    await runDue(rig);
    rig.clock.advance(HOUR);
    expect(await looked()).toMatchObject({ verdict: 'force' });
  });

  test('when the banks of a provider post is learned from what pulls found, and counts as age', async () => {
    const rig = newRig();
    const many = [];
    for (let index = 0; index < 10; index += 1) many.push(await bringInOne(rig, mxRow({ customerId: `c-${index}` })));
    // Everything is posted at three at night; each connection is pulled four times a day.
    for (let quarter = 0; quarter < 4 * 14; quarter += 1) {
      rig.clock.advance(6 * HOUR);
      const hour = (rig.clock.now() / HOUR) % 24;
      await background(rig, many, hour === 4);
    }
    // The pulls of this very instant are the next day's.
    expect(await learnPostingHours(rig.engine)).toBe(1);
    expect(await learnPostingHours(rig.engine)).toBe(0);
    const profile = await rig.store.read('postingProfile', { id: postingProfileId(TENANT, 'MX') });
    expect(profile).toMatchObject({ provider: 'MX', intervals: 10 * (4 * 14 - 1) });
    const share = (from: number, to: number): number =>
      (profile?.hours ?? [])
        .filter((_, hour) => hour % 24 >= from && hour % 24 < to)
        .reduce((sum, each) => sum + each, 0);
    expect(share(22, 24) + share(0, 4)).toBeGreaterThan(2.5 * share(10, 16));

    // Six hours by day are hardly any age, six hours of the night are a day.
    const [one] = many as [Connection, ...Connection[]];
    const missed = async (): Promise<number> => (await auto(rig, one)).weighed.missedChanges as number;
    while ((rig.clock.now() / HOUR) % 24 !== 10) rig.clock.advance(HOUR);
    await background(rig, [one], false);
    rig.clock.advance(6 * HOUR);
    const byDay = await missed();
    while ((rig.clock.now() / HOUR) % 24 !== 22) rig.clock.advance(HOUR);
    await background(rig, [one], false);
    rig.clock.advance(6 * HOUR);
    expect(await missed()).toBeGreaterThan(2.5 * byDay);
  });

  test('data older than the caller wants is stale for certain, however quiet the connection', async () => {
    const rig = newRig();
    const connection = await bringInOne(rig);
    await days(rig, connection, 10, false);
    rig.clock.advance(4 * HOUR);
    expect(await auto(rig, connection)).toMatchObject({ verdict: 'wait' });
    const wanted = await auto(rig, connection, HOUR);
    expect(wanted).toMatchObject({ verdict: 'force', weighed: { staleChance: 1, olderThanMs: HOUR } });
  });
};
