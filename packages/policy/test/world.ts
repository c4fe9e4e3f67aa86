import { calendarPeriod, insert, isOpen, MINUTE } from '@freshet/domain';
import type {
  BudgetFacts,
  Connection,
  Decision,
  Instant,
  LedgerEntry,
  Product,
  Pull,
  RefreshAnswer,
  RefreshFacts,
  RefreshProgress,
  Task,
} from '@freshet/domain';
import {
  budgetFacts,
  budgetPeriod,
  countsIn,
  decideCancel,
  decideOutcome,
  decideRefresh,
  decideRelease,
  decideSending,
  decideStart,
  recordRefresh,
} from '../src/index.js';
import type { Budget, BudgetPeriod, RefreshPolicy } from '../src/index.js';
import { connectionFacts, inputs, newUuid, noon, request, tenant, unlearned } from './given.js';
import { kept, type Kept } from './tables.js';
import { usageOf } from './usage.js';

/** One worker, one clock, rows in lists: everything that a real engine does to one provider, step by step. */
export interface World {
  readonly rows: Kept;
  now(): Instant;
  advance(ms: number): void;
  ask(name: Connection, asked: { readonly attended: boolean; readonly products: readonly Product[] | null }): Decision;
  start(task: Task): void;
  send(task: Task): void;
  answer(task: Task, answer: RefreshAnswer | RefreshProgress): void;
  /** The worker of the task is gone. */
  lose(task: Task): void;
  cancel(task: Task): void;
  /** From now on these budgets hold, as after a restart with another policy file. */
  configure(budgets: readonly Budget[]): void;
  /** The budgets as the next decision will see them. */
  budgets(): readonly BudgetFacts[];
  open(): readonly Task[];
}

const LEASE = MINUTE;

export const worldOf = (connections: readonly Connection[], rules: RefreshPolicy, before: readonly Budget[]): World => {
  const rows = kept(...connections.map((row) => insert('connection', row)));
  let now = noon;
  let budgets = before;
  const living = (groupKey: string): readonly Connection[] =>
    rows.all('connection').filter((row) => row.groupKey === groupKey && row.status !== 'DELETED');
  const lease = () => ({ owner: 'worker', until: now + LEASE, realNow: now });
  const fresh = (task: Task): Task => rows.one('task', task.id);
  const held = (task: Task) => {
    const pull: Pull = rows.one('pull', task.pullId);
    const entries = rows.all('ledgerEntry').filter((entry) => entry.pullId === pull.id);
    const counters = rows.all('budgetCounter').filter((row) => entries.some((entry) => countsIn(row, entry)));
    return { task, pull, entries, counters };
  };
  const budgetsNow = (): readonly BudgetFacts[] =>
    budgets.map((budget) => {
      const period = budgetPeriod(budget, tenant, now);
      const counter = rows.all('budgetCounter').find((row) => row.id === period.counterId);
      return budgetFacts(period, counter ?? { ...heldIn(period), shadow: null, alerted: [] });
    });
  /** What a budget without a counter is counted from: the money held in its period, by what became of it. */
  const heldIn = ({ budget: { provider, currency }, start, end }: BudgetPeriod) => {
    const entries = rows.all('ledgerEntry');
    const held = entries.filter(
      (entry) =>
        entry.kind === 'reserved' && countsIn({ provider, currency, periodStart: start, periodEnd: end }, entry),
    );
    const came = (kind: LedgerEntry['kind']): number =>
      held
        .filter(({ pullId }) => (entries.findLast((entry) => entry.pullId === pullId)?.kind ?? 'reserved') === kind)
        .reduce((sum, { micros }) => sum + micros, 0);
    return { reservedMicros: came('reserved'), chargedMicros: came('charged'), uncertainMicros: came('uncertain') };
  };
  const closures = (of: Connection) =>
    rows
      .all('closure')
      .filter(
        ({ scope, scopeKey }) => scope === 'provider' || [of.id, of.groupKey, of.institutionId].includes(scopeKey),
      );
  const factsOf = (asked: Connection, products: readonly Product[], attended: boolean): RefreshFacts => {
    const group = living(asked.groupKey);
    const active = group.find((row) => row.active) ?? asked;
    const openTask = rows.all('task').find((row) => row.groupKey === asked.groupKey && isOpen(row.state)) ?? null;
    const asks = { connection: asked, products: openTask === null ? products : asked.products, attended };
    return {
      now,
      asked: connectionFacts(asked),
      active: connectionFacts(active),
      freshness: active.freshness,
      openTask,
      recent: null,
      latest: null,
      usage: usageOf(rules, rows.all('pull'), { ...asks, except: openTask?.pullId ?? null }, now),
      closures: closures(asked),
      connectorOn: true,
      budgets: budgetsNow(),
      forcing: null,
    };
  };
  return {
    rows,
    configure: (wanted) => (budgets = wanted),
    budgets: budgetsNow,
    now: () => now,
    advance: (ms) => (now += ms),
    open: () => rows.all('task').filter((row) => isOpen(row.state)),
    ask: ({ id }, { attended, products }) => {
      const asked = rows.one('connection', id);
      const facts = factsOf(asked, products ?? asked.products, attended);
      const wanted = request({ mode: 'force', attended, products });
      const decision = decideRefresh(facts, wanted, rules);
      const openTask = facts.openTask === null ? null : rows.one('task', facts.openTask.id);
      const presence = attended ? 'sealed' : null;
      const uuid = newUuid(now);
      const counters = rows.all('budgetCounter').filter((row) => row.periodStart <= now && now < row.periodEnd);
      const seen = { tenantId: tenant, uuid, facts, counters, openTask };
      const input = { ...seen, request: wanted, policy: rules, decision, presence };
      rows.apply(recordRefresh(input).effects);
      return decision;
    },
    start: (task) => {
      const own = rows.one('connection', task.connectionId);
      const asks = { connection: own, products: task.products, attended: task.attended, except: task.pullId };
      const facts = {
        ...held(fresh(task)),
        group: living(task.groupKey),
        closures: closures(own),
        connectorOn: true,
        usage: usageOf(rules, rows.all('pull'), asks, now),
      };
      rows.apply(decideStart(facts, rules, lease(), inputs(now)).effects);
    },
    send: (task) => {
      const { task: before, pull } = held(fresh(task));
      const present = pull.presenceUntil !== null && pull.presenceUntil > now;
      const own = rows.one('connection', task.connectionId);
      const group = living(task.groupKey);
      const facts = { task: before, pull, group, closures: closures(own), before: group };
      rows.apply(decideSending(facts, before.fence, present, rules, lease(), inputs(now)).effects);
    },
    answer: (task, answer) => {
      const facts = {
        ...held(fresh(task)),
        group: living(task.groupKey),
        earlierWithSameJob: false,
        learning: unlearned,
      };
      // What was never sent can only be answered by a typed refusal before the call.
      const phase = facts.task.leaseOwner === null ? 'look' : 'call';
      if (facts.task.state !== 'running') return;
      rows.apply(decideOutcome(facts, answer, phase, rules, inputs(now)).effects);
    },
    lose: (task) => {
      rows.apply(decideRelease(held(fresh(task)), now + LEASE, inputs(now)).effects);
    },
    cancel: (task) => {
      rows.apply(decideCancel({ ...held(fresh(task)), group: living(task.groupKey) }, inputs(now)).effects);
    },
  };
};

/** The day of the calendar that an instant lies in: a key to count by. */
export const dayOf = (at: Instant, timeZone: string): Instant => calendarPeriod(at, 'day', timeZone).start;
