import type { BudEnding, BudTask, Connection } from '../books/records.js';
import { OUTCOME_FAULTS, WEBHOOK_FAULTS, type FaultName, type OutcomeFault } from '../faults.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { customerOf, headerOf } from './access.js';
import { BUD, budAnswer, budError, failedValidation, pendingMetadata } from './answers.js';
import { consentsAt, consentsOf, hasExpired, isAuthorised } from './consents.js';
import { isInMaintenance } from './providers.js';
import { readRefreshV1, readRefreshV2, windowFor, type RefreshRequest } from './refresh-request.js';
import { startTask, SUCCESS, type SubTaskPlan } from './tasks.js';
import { V1_DELAY_MS, V2_DELAY_MS } from './task-views.js';

const V1_ID = 'open_banking_refresh_post';
const V2_ID = 'v2_open_banking_refresh_post';
const HOUR_MS = 60 * 60_000;

export function refreshV1(world: World, call: Call): Answer {
  const customer = customerOf(world, call) ?? '';
  const request = readRefreshV1(call, V1_ID);
  if ('status' in request) return request;
  const provider = request.providers?.[0] ?? '';
  if (isInMaintenance(world, provider, call.at)) {
    const errors = { provider: 'The provider is currently disabled due to planned maintenance or known issues.' };
    return budError(V1_ID, 400, 'provider_maintenance', 'The provider is in maintenance.', errors);
  }
  const earlier = recentFetchOf(world, customer, provider, call.at);
  if (earlier !== null) return { ...v1Answer(provider, earlier), isRepeat: true };
  return start(world, call, 'refresh-v1', customer, request, [provider]);
}

export function refreshV2(world: World, call: Call): Answer {
  const customer = customerOf(world, call) ?? '';
  const request = readRefreshV2(call, V2_ID);
  if ('status' in request) return request;
  const providers = request.providers ?? authorisedProviders(world, customer);
  if (providers.length === 0) {
    return failedValidation(V2_ID, [{ field: 'providers', message: 'The customer has no authorised consent' }]);
  }
  const earlier = similarRefreshOf(world, customer, providers, call.at);
  if (earlier !== null) return { ...v2Answer(earlier), isRepeat: true };
  return start(world, call, 'refresh-v2', customer, request, providers);
}

function start(
  world: World,
  call: Call,
  kind: 'refresh-v1' | 'refresh-v2',
  customer: string,
  request: RefreshRequest,
  providers: readonly string[],
): Answer {
  const consents = providers.flatMap((provider) => consentsAt(world, customer, provider));
  const externalIds = consents.map((consent) => consent.externalId);
  const target = { provider: consents[0]?.provider ?? BUD, externalIds, operation: 'refresh' };
  const outcome = world.faults.take(OUTCOME_FAULTS, target);
  const webhooks = world.faults.take(WEBHOOK_FAULTS, target)?.fault ?? null;
  const struck = outcome === null ? null : struckProvider(consents, providers, outcome.externalId);
  const plans = providers.map((provider) =>
    planSubTask(world, call, customer, provider, provider === struck ? (outcome?.fault ?? null) : null),
  );
  const lastPullAt = newest(consents);
  const task = startTask(world, {
    kind,
    customer,
    at: call.at,
    window: windowFor(request, lastPullAt, call.at),
    transactions: request.resources.includes('transactions'),
    webhooks,
    subTasks: plans,
  });
  const faults: FaultName[] = [outcome?.fault, webhooks].filter((fault) => fault !== undefined && fault !== null);
  const answer = kind === 'refresh-v1' ? v1Answer(providers[0] ?? '', task.id) : v2Answer(task);
  return { ...answer, about: consents, billed: plans.flatMap((plan) => billOf(plan, request)), faults };
}

/** The provider that the fault names, or the last: at least one of several then succeeds. */
function struckProvider(consents: readonly Connection[], providers: readonly string[], externalId: string | null) {
  const named = consents.find((consent) => consent.externalId === externalId);
  return named?.institutionId ?? providers.at(-1) ?? null;
}

interface BudPlan extends SubTaskPlan {
  /** Whether the bank is really asked. */
  readonly isPull: boolean;
}

function planSubTask(
  world: World,
  call: Call,
  customer: string,
  provider: string,
  fault: OutcomeFault | null,
): BudPlan {
  const known = consentsAt(world, customer, provider);
  // A reconfirmation that lapsed keeps out what nobody asked for; the present customer still gets in (UK, PS21/19).
  const isPresent = headerOf(call, 'x-customer-ip-address') !== null;
  const live = known.filter((consent) => isAuthorised(consent) && (isPresent || !hasExpired(consent, call.at)));
  if (isInMaintenance(world, provider, call.at)) {
    return { provider, consents: live, ending: failure('provider_maintenance'), isPull: false };
  }
  if (live.length === 0)
    return { provider, consents: known, ending: endingWithoutConsent(known, call.at), isPull: false };
  if (fault === 'silent-noop') return { provider, consents: live, ending: SUCCESS, isPull: false, isNoop: true };
  if (fault === 'reconnect-required') {
    const ending: BudEnding = { result: 'connection_revoked', reconnectRequired: true, status: 'Completed' };
    return { provider, consents: live, ending, isPull: true };
  }
  const endings = {
    'login-required': failure('connection_reauthenticate', true),
    partial: failure('provider_failure'),
  };
  return { provider, consents: live, ending: fault === null ? SUCCESS : endings[fault], isPull: true };
}

function endingWithoutConsent(known: readonly Connection[], at: number): BudEnding {
  if (known.length === 0) return failure('connection_not_found', true);
  const isLapsed = known.some((consent) => isAuthorised(consent) && hasExpired(consent, at));
  return failure(isLapsed ? 'connection_expired' : 'connection_revoked', true);
}

function failure(result: string, reconnectRequired = false): BudEnding {
  return { result, reconnectRequired, status: 'Failed' };
}

function billOf(plan: BudPlan, request: RefreshRequest) {
  const [connection] = plan.consents;
  return plan.isPull && connection !== undefined ? [{ connection, products: request.resources }] : [];
}

/** V1 counts every fetch of the provider, connects too; one that failed has fetched nothing. */
function recentFetchOf(world: World, customer: string, provider: string, at: number): string | null {
  for (const task of world.books.budTasks.find('customer', customer).reverse()) {
    if (task.kind === 'revoke' || at - task.startedAt >= HOUR_MS) continue;
    const fetched = task.subTasks.find((subTask) => subTask.provider === provider);
    if (fetched !== undefined && (fetched.result === null || fetched.result === 'success')) return fetched.id;
  }
  return null;
}

/** V2 counts what was initiated for the same providers, whatever became of it; connects are not mentioned. */
function similarRefreshOf(world: World, customer: string, providers: readonly string[], at: number): BudTask | null {
  const wanted = [...providers].sort().join('\n');
  for (const task of world.books.budTasks.find('customer', customer).reverse()) {
    if (task.kind !== 'refresh-v2' || at - task.startedAt >= HOUR_MS) continue;
    if (
      task.subTasks
        .map((subTask) => subTask.provider)
        .sort()
        .join('\n') === wanted
    )
      return task;
  }
  return null;
}

function authorisedProviders(world: World, customer: string): string[] {
  const authorised = consentsOf(world, customer).filter((consent) => isAuthorised(consent));
  return [...new Set(authorised.map((consent) => consent.institutionId))];
}

function newest(consents: readonly Connection[]): number | null {
  const stamps = consents.map((consent) => consent.lastSuccessAt).filter((stamp) => stamp !== null);
  return stamps.length === 0 ? null : Math.max(...stamps);
}

function v1Answer(provider: string, taskId: string): Answer {
  const metadata = pendingMetadata(`/v1/open-banking/refresh/${taskId}`, V1_DELAY_MS);
  return budAnswer(V1_ID, 202, { provider, task_id: taskId }, metadata);
}

function v2Answer(task: BudTask): Answer {
  const subTasks = task.subTasks.map(({ provider, id }) => ({ provider, task_id: id }));
  // The address is Bud's own, and wrong there too: clients build it from the task id.
  const metadata = pendingMetadata(`/v2/open-banking/refresh/${task.id}`, V2_DELAY_MS);
  return budAnswer(V2_ID, 202, { task_id: task.id, sub_tasks: subTasks }, metadata);
}
