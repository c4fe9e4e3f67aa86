import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, idOf, insert, MINUTE, type ConnectionId, type DurationMs, type Repair } from '@freshet/domain';
import { retainedNames, type RetainedName, type Store } from '@freshet/ports';
import fc from 'fast-check';
import {
  auditChecks,
  budgetOverviews,
  pagesOver,
  prune,
  requestAudit,
  retentions,
  runAudit,
  type Retention,
} from '../index.js';
import { plant } from './audit-rows.js';
import { LIVED_IN, livedIn } from './lived-in.js';
import {
  ask,
  bringIn,
  deliver,
  force,
  mxRow,
  pass,
  request,
  rigsOver,
  TENANT,
  type OpenStore,
  type Rig,
} from './rig.js';

const keeping = (ms: DurationMs): Retention =>
  Object.fromEntries(retentions.map((name) => [name, ms])) as unknown as Retention;

const rowsOf = (store: Store, record: RetainedName) => store.read('oldestRows', { record, after: '', limit: 10_000 });

const counts = async (store: Store): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries(
    await Promise.all(retainedNames.map(async (name) => [name, (await rowsOf(store, name)).length] as const)),
  );

/** What all checks find, but for what is late: a provider that says nothing for months is. */
const found = async ({ engine, store, clock }: Rig): Promise<readonly string[]> => {
  const pages = pagesOver(store, engine.policies);
  const summaries: string[] = [];
  for (const { name } of auditChecks.filter((check) => check.name !== 'late-connections')) {
    for (let after: string | null = ''; after !== null;) {
      const page = await pages(name, { tenantId: TENANT, now: clock.now(), after, limit: 7 });
      summaries.push(...page.found.filter(({ severity }) => severity !== 'info').map(({ summary }) => summary));
      after = page.last;
    }
  }
  return summaries;
};

type Step =
  | { readonly do: 'ask' | 'force' | 'told'; readonly which: number }
  | { readonly do: 'pass'; readonly days: number }
  | { readonly do: 'prune' };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('ask', 'force', 'told'), which: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('pass'), days: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('prune') }) },
  ) as fc.Arbitrary<Step>,
  { minLength: 5, maxLength: 25 },
);

/** The same traffic, with or without pruning; what was answered, and what the budgets say at the end. */
const lived = async (rig: Rig, all: readonly Step[], retention: Retention | null) => {
  const ids = (
    await bringIn(
      rig,
      [1, 2, 3].map((number) => mxRow({ customerId: `customer-${number}`, providerConnectionId: `member-${number}` })),
    )
  ).map(({ id, externalId }) => ({ id, externalId }));
  const said: unknown[] = [];
  for (const [index, step] of all.entries()) {
    if (step.do === 'prune') {
      if (retention !== null) await prune(rig.engine, retention);
    } else if (step.do === 'pass') {
      rig.clock.advance(step.days * DAY);
      await pass(rig, 30 * MINUTE, 10 * MINUTE);
    } else {
      const { id, externalId } = ids[step.which] as { readonly id: ConnectionId; readonly externalId: string };
      if (step.do === 'told') {
        const status = index % 2 === 0 ? 'DEGRADED' : 'ACTIVE';
        await deliver(rig, `event-${index}`, {
          ...{ kind: 'status-told', externalId, at: rig.clock.now(), status },
          reason: status === 'ACTIVE' ? null : 'INSTITUTION_CURRENTLY_UNAVAILABLE',
        });
      } else {
        const asking = step.do === 'force' ? {} : { request: request({ mode: 'auto', maxAgeMs: HOUR }) };
        const { record } = await ask(rig, id, asking);
        said.push([record.verdict, record.decision.reasons.map(({ code }) => code), record.decision.cost]);
      }
      await pass(rig, 20 * MINUTE, 10 * MINUTE);
    }
  }
  const budgets = await budgetOverviews(rig.engine, TENANT);
  return { said, budgets: budgets.map(({ facts, forecastMicros }) => ({ facts, forecastMicros })) };
};

export const pruneStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('what is kept long enough', () => {
    test('is not pruned a moment before', async () => {
      const rig = newRig(LIVED_IN);
      await livedIn(rig);
      const before = await counts(rig.store);
      expect(await prune(rig.engine, keeping(100 * DAY))).toBe(0);
      expect(await counts(rig.store)).toEqual(before);
    });

    test('is pruned: of each connection only its newest status stays', async () => {
      const rig = newRig(LIVED_IN);
      await livedIn(rig);
      rig.clock.advance(101 * DAY);
      await prune(rig.engine, keeping(100 * DAY));
      expect(await counts(rig.store)).toEqual({
        ...{ decision: 0, task: 0, ledgerEntry: 0, pull: 0, webhook: 0, audit: 0 },
        statusChange: 5,
      });
      expect(await found(rig)).toEqual([]);
      expect(await prune(rig.engine, keeping(100 * DAY))).toBe(0);
    });

    test('leaves checkpoints, from which the chains go on', async () => {
      const rig = newRig(LIVED_IN);
      const { busy } = await livedIn(rig);
      rig.clock.advance(101 * DAY);
      await force(rig, busy.id);
      await pass(rig, 10 * MINUTE);
      const before = await rig.store.read('chainHeads', { tenantId: TENANT, after: '', limit: 99 });
      await prune(rig.engine, keeping(100 * DAY));
      expect(await rig.store.read('chainHeads', { tenantId: TENANT, after: '', limit: 99 })).toEqual(before);
      for (const chain of ['decision', 'ledgerEntry'] as const) {
        const asked = { tenantId: TENANT, chain, after: '', limit: 99 };
        const checkpoints = await rig.store.read('chainCheckpoints', asked);
        const own = checkpoints.find(({ connectionId }) => connectionId === busy.id);
        expect(own?.sequence).toBe(
          (before.find(({ id }) => id === busy.id)?.[chain].sequence ?? 0) - (chain === 'decision' ? 1 : 2),
        );
      }
      expect(await found(rig)).toEqual([]);
    });

    test('a refresh that is under way stays, whatever its age, with its calls and money', async () => {
      const rig = newRig({ ...LIVED_IN, meld: { progress: [{ kind: 'pending' }] } });
      const [connection] = await bringIn(rig, [mxRow()]);
      await force(rig, connection?.id as ConnectionId);
      rig.clock.advance(101 * DAY);
      await prune(rig.engine, keeping(100 * DAY));
      expect(await counts(rig.store)).toMatchObject({ task: 1, ledgerEntry: 1 });
    });

    test('a call that a longer window still counts stays, though its refresh goes', async () => {
      const yearly = {
        ...{ kind: 'window', scope: 'group', count: 1, per: { shape: 'rolling', length: 'P300D' } },
        counts: { origins: ['forced'] },
      };
      const policyFile = { version: 1, overrides: [{ match: { provider: 'MX' }, set: { limits: { yearly } } }] };
      const rig = newRig({ ...LIVED_IN, policyFile });
      const [connection] = await bringIn(rig, [mxRow()]);
      const id = connection?.id as ConnectionId;
      await force(rig, id);
      await pass(rig, 10 * MINUTE);
      rig.clock.advance(101 * DAY);
      expect((await ask(rig, id)).record.verdict).toBe('refuse');
      await prune(rig.engine, keeping(100 * DAY));
      expect(await counts(rig.store)).toMatchObject({ task: 0, ledgerEntry: 0 });
      expect((await ask(rig, id)).record.verdict).toBe('refuse');
      rig.clock.advance(300 * DAY);
      await prune(rig.engine, keeping(100 * DAY));
      expect(await counts(rig.store)).toMatchObject({ pull: 0 });
    });

    test('an audit goes with its figures and its repairs', async () => {
      const rig = newRig(LIVED_IN);
      await livedIn(rig);
      const { id } = await requestAudit(rig.engine, TENANT, 'request');
      await runAudit(rig.engine, TENANT, id);
      const of = { tenantId: TENANT, auditId: id };
      const repairs = Array.from({ length: 30 }, (_, number): Repair => ({
        ...of,
        id: idOf('repair', rig.engine.ids.next()),
        findingId: idOf('finding', rig.engine.ids.next()),
        ...{ check: 'budgets', what: `repair ${number}`, before: {}, after: {}, by: 'key_1', at: rig.clock.now() },
      }));
      await plant(rig.store, ...repairs.map((repair) => insert('repair', repair)));
      expect(await rig.store.read('auditFigures', { tenantId: TENANT, id })).not.toBeNull();
      rig.clock.advance(101 * DAY);
      await prune(rig.engine, keeping(100 * DAY));
      expect(await rig.store.read('audit', { tenantId: TENANT, id })).toBeNull();
      expect(await rig.store.read('auditFigures', { tenantId: TENANT, id })).toBeNull();
      expect(await rig.store.read('repairsPage', { ...of, before: null, limit: 99 })).toEqual([]);
    });

    test('after any traffic and pruning, audits are silent, and decisions and budgets are what they would be', async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (all) => {
          const [pruning, hoarding] = [newRig(LIVED_IN), newRig(LIVED_IN)];
          const pruned = await lived(pruning, all, keeping(73 * DAY));
          expect(pruned).toEqual(await lived(hoarding, all, null));
          // The policy of these was never archived; that is another check's.
          const known = (summary: string) => !summary.includes('is not archived') && !summary.includes('not archived');
          expect((await found(pruning)).filter(known)).toEqual((await found(hoarding)).filter(known));
          expect((await found(pruning)).filter(known)).toEqual([]);
        }),
        { numRuns: 12 },
      );
    }, 60_000);
  });
};
