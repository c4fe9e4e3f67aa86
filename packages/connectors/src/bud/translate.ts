import type { ChangeAnswer, Instant, LinkAnswer, RefreshAnswer, RefreshProgress, Unavailable } from '@freshet/domain';
import { MINUTE } from '@freshet/domain';
import type { ProgressCall } from '@freshet/ports';

import { isSuccess, jsonOf, type Exchange, type Reply } from '../http/exchange.js';
import { failureOf, lookFailed, plainCode, type Failure, type FailureReading } from '../http/failure.js';
import { readRetryAfter } from '../http/retry-after.js';
import { webAddress } from '../http/wire-values.js';
import type { BudExchange } from './client.js';
import { endingOf, sureAtAnyStatus, type BudEnding } from './results.js';
import { budCode, budConsents, budGateway, budProviders, budTask, type BudConsent, type BudTask } from './wire.js';

/**
 * Limits at Bud are the bank's (its guide says so of 429s, and `provider_request_limit` is named for it): they count
 * one customer's access to one bank, which is the group.
 */
const LIMIT_SCOPE = 'group';
/** A gateway address is good for up to half an hour. */
const GATEWAY_LIFE_MS = 30 * MINUTE;

const reading = (exchange: Exchange, now: Instant): FailureReading => ({
  who: 'Bud',
  now,
  scope: LIMIT_SCOPE,
  code: budCode(jsonOf(exchange)),
});

/** No token, no call: such an answer stands as it is. */
const isExchange = (given: BudExchange): given is Exchange =>
  given.kind === 'reply' || given.kind === 'unsent' || given.kind === 'lost';

export const budFailure = (given: BudExchange, now: Instant): Failure =>
  isExchange(given) ? failureOf(given, reading(given, now)) : given;

const lookFailure = (given: BudExchange, now: Instant): RefreshProgress => {
  if (isExchange(given)) return lookFailed(given, reading(given, now));
  return { kind: 'unknown', message: given.kind === 'limited' ? 'Bud gives no token for now' : given.message };
};

const unavailable = (
  { who, isMaintenance }: Extract<BudEnding, { kind: 'unavailable' }>,
  retryAt: Instant | null,
  message: string,
): Unavailable => ({
  ...{ kind: 'unavailable', who, retryAt, message },
  ...(isMaintenance === true ? { maintenanceUntil: null } : {}),
});

/** When the bank's maintenance ends by Bud's list; null: it does not say, or knows of none. */
export const maintenanceEndIn = (given: BudExchange, institutionId: string): Instant | null => {
  if (!isExchange(given) || !isSuccess(given)) return null;
  const banks = budProviders.parse(jsonOf(given)).data;
  const bank = banks.find(({ provider }) => provider?.toLowerCase() === institutionId.toLowerCase());
  return bank?.maintenance_status === 'active' ? bank.maintenance_window.end : null;
};

/** A refusal in Bud's own words. Undefined: its words do not settle whether something happened. */
const typedRefusal = (reply: Reply, now: Instant): RefreshAnswer | undefined => {
  const code = budCode(jsonOf(reply));
  const isSure = reply.status < 500 || sureAtAnyStatus.some((word) => word === code);
  const ending = reply.status >= 400 && isSure ? endingOf(code) : undefined;
  const message = `Bud refuses the refresh (HTTP ${reply.status} ${code})`;
  const until = readRetryAfter(reply.headers['retry-after'], now);
  if (ending?.kind === 'customer-needed') return { kind: 'customer-needed', event: ending.event, message };
  if (ending?.kind === 'unavailable') return unavailable(ending, until, message);
  return ending?.kind === 'limited' ? { kind: 'limited', until, scope: LIMIT_SCOPE, said: code } : undefined;
};

/**
 * Within an hour Bud hands back the earlier task in the very same reply, so `coalesced` cannot be told here: the engine
 * knows by the task's id, which it has seen before. It is the main task's: only that one is documented to be looked at.
 */
export const startAnswerOf = (given: BudExchange, now: Instant): RefreshAnswer => {
  if (!isExchange(given) || given.kind !== 'reply') return budFailure(given, now);
  if (!isSuccess(given)) return typedRefusal(given, now) ?? budFailure(given, now);
  const { task_id } = budTask.parse(jsonOf(given)).data;
  if (task_id !== null) return { kind: 'accepted', providerTaskId: task_id, coalesced: false };
  return { kind: 'unknown', message: 'Bud took the refresh but did not name its task' };
};

interface Outcome {
  readonly status: string | null;
  readonly result: string | null;
  readonly reconnectRequired: boolean;
  readonly hasNewTransactions: boolean | null;
}

/** Ours of the sub-tasks. We ask for one bank; a task that Bud handed back may have asked for more. */
const outcomeIn = ({ data, metadata }: BudTask, institutionId: string): Outcome => {
  const isOurs = (provider: string | null): boolean => provider?.toLowerCase() === institutionId.toLowerCase();
  const own = data.sub_tasks.find(({ provider }) => isOurs(provider));
  const told = own ?? (data.sub_tasks.length === 1 ? data.sub_tasks[0] : undefined) ?? data;
  return {
    status: told.status,
    result: told.result,
    reconnectRequired: told.reconnect_required === true,
    hasNewTransactions: told.has_new_transactions ?? data.has_new_transactions ?? metadata.has_new_transactions,
  };
};

const endedProgress = (ending: BudEnding, outcome: Outcome, call: ProgressCall): RefreshProgress => {
  const message = `Bud ended the refresh with ${outcome.result}`;
  if (ending.kind === 'success') {
    // "New transactions" says nothing about a refresh that did not ask for them.
    const newData = call.products.includes('TRANSACTIONS') ? outcome.hasNewTransactions : null;
    // Bud tells no time of the data.
    return { kind: 'done', asOf: null, newData };
  }
  if (ending.kind === 'customer-needed') return { ...ending, message };
  if (ending.kind === 'unavailable') return unavailable(ending, null, message);
  if (ending.kind === 'limited') return { kind: 'limited', until: null, scope: LIMIT_SCOPE, said: outcome.result };
  return { kind: ending.kind, message };
};

const reconnectProgress = (outcome: Outcome): RefreshProgress => {
  const ending = endingOf(outcome.result);
  const event = ending?.kind === 'customer-needed' ? ending.event : 'failed_otherwise';
  const word = plainCode(outcome.result) ?? 'no result';
  return { kind: 'customer-needed', event, message: `Bud wants the customer to connect again (${word})` };
};

/**
 * Without a result that we know, only two statuses say something. `Failed`: the job is over and brought nothing, and
 * nothing says that the login is to blame: an outage. `Pending`: it runs. `Completed` alone is no success: the prose
 * promises it for consents that are gone, too.
 */
const progressByStatus = ({ status, result }: Outcome): RefreshProgress => {
  const words = `status ${plainCode(status) ?? 'none'}, result ${plainCode(result) ?? 'none'}`;
  if (status === 'Pending') return { kind: 'pending' };
  if (status === 'Failed') {
    return { kind: 'unavailable', who: 'provider', retryAt: null, message: `Bud ended the refresh (${words})` };
  }
  return { kind: 'unknown', message: `Bud does not say how the refresh ended (${words})` };
};

/** `reconnect_required` first, then the result, and the status last: Bud's own documents disagree on the status. */
export const progressOfTask = (task: BudTask, call: ProgressCall): RefreshProgress => {
  const outcome = outcomeIn(task, call.institutionId);
  if (outcome.reconnectRequired) return reconnectProgress(outcome);
  const ending = endingOf(outcome.result);
  return ending === undefined ? progressByStatus(outcome) : endedProgress(ending, outcome, call);
};

export const progressAnswerOf = (given: BudExchange, call: ProgressCall, now: Instant): RefreshProgress =>
  isExchange(given) && isSuccess(given) ? progressOfTask(budTask.parse(jsonOf(given)), call) : lookFailure(given, now);

/** The connection's consent in a reply; null where the reply has none. */
export const consentIn = (given: BudExchange, consentId: string): BudConsent | null => {
  if (!isExchange(given) || !isSuccess(given)) return null;
  return budConsents.parse(jsonOf(given)).data?.find(({ id }) => id === consentId) ?? null;
};

export const consentNotShown = (given: BudExchange, now: Instant): RefreshProgress =>
  isExchange(given) && isSuccess(given)
    ? { kind: 'unknown', message: 'Bud does not list the consent' }
    : lookFailure(given, now);

export const linkAnswerOf = (given: BudExchange, now: Instant): LinkAnswer => {
  if (!isExchange(given) || !isSuccess(given)) return budFailure(given, now);
  const connectUrl = webAddress(budGateway.parse(jsonOf(given)).data.url);
  if (connectUrl === null) return { kind: 'unknown', message: 'Bud answered without an address for the customer' };
  return { kind: 'link', connectUrl, expiresAt: now + GATEWAY_LIFE_MS };
};

const GONE_CODES: readonly (string | null)[] = ['consent_not_found', 'connection_not_found', 'resource_not_found'];

/** A revocation is a job, too: that it was taken is the answer, and a webhook tells of each consent that ended. */
export const revokeAnswerOf = (given: BudExchange, now: Instant): ChangeAnswer => {
  if (!isExchange(given) || given.kind !== 'reply') return budFailure(given, now);
  if (isSuccess(given)) return { kind: 'accepted' };
  const isGone = given.status >= 400 && given.status < 500 && GONE_CODES.includes(budCode(jsonOf(given)));
  const isUnknown = given.status === 404 && given.body.kind === 'json';
  return isGone || isUnknown ? { kind: 'gone' } : budFailure(given, now);
};
