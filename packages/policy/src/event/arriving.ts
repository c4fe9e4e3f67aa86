import { insert, permissionsOf, update } from '@freshet/domain';
import type { Connection, Effect, Instant, Product, Pull, PullOrigin } from '@freshet/domain';
import { afterData } from '../background/watch.js';
import { happenUnderConsent } from '../consent/decide-consent.js';
import { otherCost } from '../cost/price.js';
import { chargeAtOnce } from '../cost/settle.js';
import { learned } from '../freshness/learn.js';
import type { Draft } from '../group/draft.js';
import { set } from '../group/draft.js';
import { groupFreshness, newestData } from '../group/group-freshness.js';
import { arrive } from '../outcome/after-outcome.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import { echoedPull, togetherNew } from './echo.js';
import { draftsOf, isOvertaken, onActive, wake, type EventFacts, type EventOf, type Taken } from './event-facts.js';
import { LINK_ECHO_MS } from './linking.js';
import { countersAfter, endNeedless } from './needless-task.js';
import { otherPull } from './other-pull.js';

type Aggregated = EventOf<'aggregated'>;

/** Data of a connect, repair, import or added product comes within this time, or is not known to be of it. */
const AWAITED_MS = 24 * 3_600_000;

/** Whether it is news: an event that was overtaken by a newer one tells of a pull, but brings nothing that is not here yet. */
const advances = ({ freshness, lastSuccessAt }: Connection, products: readonly Product[], at: Instant): boolean =>
  at > (lastSuccessAt ?? Number.NEGATIVE_INFINITY) ||
  products.some((product) => (freshness[product] ?? Number.NEGATIVE_INFINITY) < at);

/** The pull that this data was awaited of: not that of before it, nor that of long after. */
const awaitedOf = ({ awaitedPull: pull }: EventFacts, at: Instant): Pull | null => {
  if (pull === null) return null;
  const from = pull.sentAt ?? pull.at;
  return at >= from - LINK_ECHO_MS && at <= from + AWAITED_MS ? pull : null;
};

/** Nobody pulls in a status that needs the customer: that data came means that they have been there. */
const isBroken = ({ status, statusReason: reason }: Connection): boolean =>
  permissionsOf({ status, reason }).refresh === 'no';

/** The provider's own word that the customer has to be there for a forced refresh: its unattended pull takes nothing back of it. */
const keepsItsWord = ({ tellsStatus = false }: EventFacts, { status, statusReason: reason }: Connection): boolean =>
  tellsStatus && permissionsOf({ status, reason }).refresh === 'attended';

/** Which pull brought it. */
interface Source {
  readonly pull: Pull;
  readonly origin: PullOrigin;
  /** `new`: not counted so far; `awaited`: its end is this; `counted`: it had its end already. */
  readonly is: 'new' | 'awaited' | 'counted';
}

const sourceOf = (
  facts: EventFacts,
  { products, newData }: Aggregated,
  at: Instant,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): Source => {
  const { connection, group } = facts;
  const awaited = awaitedOf(facts, at);
  if (awaited !== null) return { pull: awaited, origin: awaited.origin, is: 'awaited' };
  const counted = echoedPull(facts.lastPull, group, at, policy);
  if (counted !== null) return { pull: counted, origin: counted.origin, is: 'counted' };
  const active = group.find((member) => member.active) ?? connection;
  const granted = products.filter((product) => active.products.includes(product));
  const brought = granted.length > 0 ? granted : products;
  const origin = isBroken(active) ? 'repair' : 'background';
  const pull = { ...otherPull(connection, origin, 'succeeded', brought, at, inputs), newData };
  // Of a repair: nobody has told of it yet.
  return { pull: origin === 'repair' ? { ...pull, sentAt: null } : pull, origin, is: 'new' };
};

/**
 * What is told of one of the provider's own pulls a second time: the first of its words gives its time. One of ours, or of
 * a caller whose permit is open, ends with its task.
 */
const counted = ({ pull, origin }: Source, event: Aggregated, at: Instant, active: Connection | undefined) => {
  if (origin === 'forced' || pull.endedAt === null) return [];
  const more = event.products.filter(
    (product) => !pull.products.includes(product) && active?.products.includes(product),
  );
  const changes = {
    ...(more.length > 0 ? { products: [...pull.products, ...more] } : {}),
    ...(at < pull.at ? { at, endedAt: at } : {}),
    ...(togetherNew(pull.newData, event.newData) === pull.newData
      ? {}
      : { newData: togetherNew(pull.newData, event.newData) }),
  };
  return Object.keys(changes).length > 0 ? [update('pull', pull.id, changes)] : [];
};

const pullEffects = (source: Source, event: Aggregated, at: Instant, facts: EventFacts): readonly Effect[] => {
  const before = newestData(facts.group);
  const sinceAt = before !== null && before < at ? before : null;
  const active = facts.group.find((member) => member.active);
  if (source.is === 'counted') return counted(source, event, at, active);
  if (source.is === 'new') return [insert('pull', { ...source.pull, sinceAt })];
  const { newData } = event;
  return [update('pull', source.pull.id, { state: 'succeeded', at, endedAt: at, newData, sinceAt })];
};

/** The provider's own hours, as this data shows them. */
const hoursAfter = ({ active, lastBackgroundAt: before }: Connection, { pull, origin, is }: Source, at: Instant) => {
  if (origin !== 'background') return {};
  if (is === 'new') return active ? { lastBackgroundAt: Math.max(before ?? at, at) } : {};
  return before === pull.at && at < pull.at ? { lastBackgroundAt: at } : {};
};

/**
 * What a pull costs that nobody asked for as a refresh, where the catalogue says that it is billed: itself, once, and the
 * history that came with it. Money that is spent already is not held first.
 */
const costs = (
  facts: EventFacts,
  { pull, origin, is }: Source,
  loadsHistory: boolean,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): readonly Effect[] => {
  if (origin === 'forced') return [];
  const cost = otherCost(policy.price, { origin, products: pull.products, isFirst: is !== 'counted', loadsHistory });
  return cost === null ? [] : chargeAtOnce(pull, cost, facts.counters, inputs);
};

/** The refresh that was late has come, as far as its provider's hours show that. */
const noLongerLate = (
  { late = null }: EventFacts,
  members: readonly Connection[],
  policy: RefreshPolicy,
  { now }: TurnInputs,
): readonly Effect[] => {
  const active = members.find((member) => member.active);
  return late === null || active === undefined ? [] : afterData(late, active, policy, now);
};

/** Data of these products came. */
export const arrived = (facts: EventFacts, event: Aggregated, policy: RefreshPolicy, inputs: TurnInputs): Taken => {
  // The data of a call of ours: its task looks for it. One that still waits has called nobody, and nobody looks for a
  // caller's: what the provider tells meanwhile is all that is known.
  if (facts.openTask?.state === 'running' && facts.openTask.executor === 'engine')
    return { drafts: [], effects: wake(facts.openTask, inputs) };
  const at = Math.min(event.at, inputs.now);
  const source = sourceOf(facts, event, at, policy, inputs);
  const timed = draftsOf(facts).map((draft) => set(draft, hoursAfter(draft.after, source, at)));
  const drafts = onActive(timed, (draft): Draft => {
    const { lastSuccessAt, consecutiveFailures } = draft.after;
    const came = arrive(draft, event.products, at, policy, { isForced: false, isHistory: event.isHistory === true });
    // A late webhook of an old pull says nothing of how the connection is now.
    const isNews = at > (lastSuccessAt ?? Number.NEGATIVE_INFINITY) && !isOvertaken(draft.after, at);
    if (isNews && keepsItsWord(facts, draft.after)) return came;
    return isNews
      ? happenUnderConsent(came, 'aggregation_succeeded', policy, inputs)
      : set(came, { consecutiveFailures });
  });
  const hadHistory = facts.group.some((member) => member.historicalLoaded);
  const loadsHistory = !hadHistory && drafts.some(({ after }) => after.historicalLoaded);
  const members = drafts.map(({ after }) => after);
  // The second word on a pull is no newer than that.
  const asOf = source.is === 'counted' ? Math.min(at, source.pull.sentAt ?? source.pull.at) : at;
  const needless = endNeedless(facts.queued ?? null, members, asOf, inputs);
  const paying = { ...facts, counters: countersAfter(facts.counters, needless) };
  const effects = [
    ...pullEffects(source, event, at, facts),
    ...needless,
    ...costs(paying, source, loadsHistory, policy, inputs),
    ...noLongerLate(facts, members, policy, inputs),
  ];
  const active = facts.group.find((member) => member.active);
  const teaches = active === undefined || advances(active, event.products, at);
  if (source.is === 'counted' || !teaches) return { drafts, effects };
  const data = { products: event.products, asOf: at, newData: event.newData };
  const ended = { data, before: groupFreshness(facts.group), forced: null };
  return { drafts, effects: [...effects, ...learned(facts.connection, facts.learning, ended, policy, inputs.now)] };
};
