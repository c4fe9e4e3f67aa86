import { DAY } from '@freshet/domain';
import type {
  Charge,
  Connection,
  ConnectionId,
  Decision,
  DecisionReason,
  DecisionRecord,
  Instant,
  Task,
  Verdict,
} from '@freshet/domain';
import { renderReason } from './render-reason.js';
import { renderRefusal } from './render-refusal.js';
import { spokenDuration, spokenInstant, spokenMoney } from './spoken.js';

/** One request that was made, and what became of the refresh that it led to. */
export interface MadeRequest {
  readonly record: DecisionRecord;
  readonly task: Task | null;
}

/** What would be answered at this moment. */
export interface AnsweredNow {
  /** By mode `auto`, for a caller who says nothing more. */
  readonly auto: Decision;
  /** By mode `force`, without the customer and with them. */
  readonly unattended: Decision;
  readonly attended: Decision;
}

/** All that an explanation is made of. */
export interface ExplainFacts {
  readonly now: Instant;
  readonly connection: Pick<Connection, 'id' | 'status' | 'statusReason'>;
  /** The one of its group that is kept up: itself, where it has no duplicates. */
  readonly activeId: ConnectionId;
  readonly lastDataAt: Instant | null;
  readonly answered: AnsweredNow;
  /** The newest first. */
  readonly made: readonly MadeRequest[];
}

/** What would be answered, in sentences. */
export interface ExplainedAnswer {
  readonly decision: Decision;
  readonly text: string;
  /** When that changes by itself; null where it does not, or nobody can tell when. */
  readonly changesAt: Instant | null;
}

export interface ExplainedRequest {
  readonly record: DecisionRecord;
  readonly text: string;
}

export interface Explanation {
  /** The whole of it, to be read out from the first to the last. */
  readonly text: readonly string[];
  readonly auto: ExplainedAnswer;
  readonly unattended: ExplainedAnswer;
  readonly attended: ExplainedAnswer;
  readonly made: readonly ExplainedRequest[];
}

/** The reasons of the gate at which it ended: those before it were passed. */
const decisive = ({ reasons }: Pick<Decision, 'reasons'>): readonly DecisionReason[] => {
  const gate = reasons.at(-1)?.gate;
  return reasons.filter((reason) => reason.gate === gate);
};

const sentences = (reasons: readonly DecisionReason[]): string => reasons.map(renderReason).join(' ');

/** What a forced refresh was weighed by, beside the sentence that it is forced. */
const weighedBy = ({ reasons }: Decision): string =>
  sentences(reasons.filter(({ gate, code }) => gate === 'worth' && code !== 'WORTH_NOT_WEIGHED'));

const price = ({ cost }: Decision): string => {
  if (cost === null) return 'at a price that is not known';
  return cost.micros === 0 ? 'for nothing' : `for ${spokenMoney(cost.micros, cost.currency)}`;
};

type Tense = 'now' | 'then';

const words: Readonly<Record<Verdict, Readonly<Record<Tense, (decision: Decision) => string>>>> = {
  force: {
    now: (decision) => `would be forced now, ${price(decision)}. ${weighedBy(decision)}`,
    then: (decision) => `was forced, ${price(decision)}. ${weighedBy(decision)}`,
  },
  join: {
    now: (decision) => `would join the refresh that is under way. ${sentences(decisive(decision))}`,
    then: (decision) => `joined the refresh that was under way. ${sentences(decisive(decision))}`,
  },
  reuse: {
    now: (decision) => `would be answered with the data at hand. ${sentences(decisive(decision))}`,
    then: (decision) => `was answered with the data at hand. ${sentences(decisive(decision))}`,
  },
  wait: {
    now: (decision) => `would wait for the free refresh. ${sentences(decisive(decision))}`,
    then: (decision) => `was told to wait for the free refresh. ${sentences(decisive(decision))}`,
  },
  refuse: {
    now: (decision) => `would be refused. ${refused(decision)}`,
    then: (decision) => `was refused. ${sentences(decisive(decision))}`,
  },
};

const refused = (decision: Decision): string => {
  const rendered = renderRefusal(decision);
  return rendered === undefined ? sentences(decisive(decision)) : `${rendered.why} ${rendered.when ?? ''}`.trim();
};

const spoken = (tense: Tense, decision: Decision): string => words[decision.verdict][tense](decision).trim();

const changesAt = ({ verdict, retryAt, nextForcedAt, nextBackgroundAt }: Decision): Instant | null => {
  if (verdict === 'refuse') return retryAt;
  return verdict === 'wait' || verdict === 'reuse' ? (nextBackgroundAt ?? nextForcedAt) : null;
};

const explained = (asked: string, decision: Decision): ExplainedAnswer => ({
  decision,
  text: `${asked} ${spoken('now', decision)}`,
  changesAt: changesAt(decision),
});

const charged: Readonly<Record<Charge, (task: Task) => string>> = {
  reserved: () => 'its money is held until it ends',
  charged: ({ cost }) => (cost === null ? 'it was charged' : `${spokenMoney(cost.micros, cost.currency)} were charged`),
  released: () => 'nothing was charged',
  uncertain: ({ cost }) =>
    cost === null
      ? 'nobody can tell whether it was charged'
      : `nobody can tell whether ${spokenMoney(cost.micros, cost.currency)} were charged`,
};

const brought = ({ newData }: Task): string =>
  newData === null ? '' : newData ? ' and brought something new' : ' and brought nothing new';

const failedBy = ({ error }: Task): string => (error === null ? '' : ` (${error.kind}: ${error.message})`);

const ended = (task: Task): string => {
  const charge = charged[task.charge](task);
  if (task.endedAt === null) return `The refresh ${task.id} is ${task.state}; ${charge}.`;
  return `The refresh ${task.id} ended ${task.state} at ${spokenInstant(task.endedAt)}${brought(task)}${failedBy(task)}; ${charge}.`;
};

const asked = ({ mode, attended }: Decision): string =>
  `a request in mode ${mode} ${attended ? 'with' : 'without'} the customer`;

const explainMade = ({ record, task }: MadeRequest): ExplainedRequest => {
  const { decision } = record;
  const what = `${spokenInstant(record.decidedAt)}: ${asked(decision)} ${spoken('then', decision)}`;
  return { record, text: task === null || decision.verdict === 'refuse' ? what : `${what} ${ended(task)}` };
};

const standing = ({ connection: { id, status, statusReason }, activeId }: ExplainFacts): string => {
  const is = `It is ${status}${statusReason === null ? '' : ` (${statusReason})`}`;
  return id === activeId ? `${is}.` : `${is}, and stands back behind its twin ${activeId}, which is kept up for both.`;
};

const newest = (lastDataAt: Instant | null, now: Instant): string =>
  lastDataAt === null
    ? 'It has never had any data.'
    : `Its newest data is from ${spokenInstant(lastDataAt)}, ${spokenDuration(now - lastDataAt)} ago.`;

const free = ({ nextBackgroundAt }: Decision): string =>
  nextBackgroundAt === null
    ? 'No free refresh is expected.'
    : `The next free refresh is expected at ${spokenInstant(nextBackgroundAt)}.`;

const forcing = ({ unattended, attended }: Pick<Explanation, 'unattended' | 'attended'>): readonly string[] => {
  const same = sentences(decisive(unattended.decision)) === sentences(decisive(attended.decision));
  const alike = same && unattended.decision.verdict === attended.decision.verdict;
  return alike ? [unattended.text] : [unattended.text, attended.text];
};

const LATELY_MS = 30 * DAY;

const lately = (made: readonly ExplainedRequest[], now: Instant): readonly string[] => {
  const recent = made.filter(({ record }) => record.decidedAt > now - LATELY_MS);
  if (recent.length === 0) return ['Nobody asked for a refresh in the last 30 days.'];
  return recent.map(({ text }) => text);
};

/**
 * Why a connection was or was not refreshed lately, what holds it back now, when that changes, and what it costs: in sentences
 * that a support person can read out.
 */
export const explain = (facts: ExplainFacts): Explanation => {
  const { now, lastDataAt, answered, made } = facts;
  const parts = {
    auto: explained('A request in mode auto, without the customer,', answered.auto),
    unattended: explained('A forced refresh without the customer', answered.unattended),
    attended: explained('A forced refresh with the customer', answered.attended),
    made: made.map(explainMade),
  };
  return {
    ...parts,
    text: [
      standing(facts),
      newest(lastDataAt, now),
      free(answered.auto),
      parts.auto.text,
      ...forcing(parts),
      ...lately(parts.made, now),
    ],
  };
};
