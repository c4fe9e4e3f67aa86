import type { MxJob } from '../books/records.js';
import { OUTCOME_FAULTS, WEBHOOK_FAULTS, type FaultName } from '../faults.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { notFound, refusal } from './answers.js';
import { resumeJob, startJob } from './jobs.js';
import { changeStatus, keep, memberBody, memberIn, type Found } from './members.js';
import { BALANCE_CHECKS, isHeldBack, neverStarts } from './rules.js';

const HOLDINGS: readonly string[] = ['INVESTMENT_HOLDINGS', 'INVESTMENT_TRANSACTIONS'];
const TRANSACTIONS: readonly string[] = ['TRANSACTIONS', 'INVESTMENT_TRANSACTIONS'];
/** Brought by jobs that are not emulated. */
const ELSEWHERE: readonly string[] = ['OWNERS'];

const accepted = (found: Found, more: Pick<Answer, 'billed' | 'faults' | 'isRepeat'> = {}): Answer => ({
  ...more,
  status: 202,
  body: memberBody(found),
});

/** MX says 202 whether it starts a job or not; only a job of another kind, or too many, is refused. */
export const start =
  (kind: MxJob['kind']) =>
  (world: World, call: Call): Answer => {
    const found = memberIn(world, call);
    if (found === null) return notFound();
    const { connection, member } = found;
    if (member.job !== null && member.job.kind !== kind) {
      return refusal(409, 'A job of another kind is running for the member.');
    }
    if (member.job !== null || isHeldBack(kind, connection.lastSuccessAt, call.at)) {
      return accepted(found, { isRepeat: true });
    }
    const checks = member.balanceChecks.filter((at) => call.at - at < BALANCE_CHECKS.perMs);
    if (kind === 'BALANCE' && checks.length >= BALANCE_CHECKS.count) {
      return refusal(429, 'Balance jobs are limited to 5 requests every 2 hours.');
    }
    if (neverStarts(member.connectionStatus)) return accepted(found, { isRepeat: true });
    return begin(world, call, found, kind, checks);
  };

function begin(world: World, call: Call, found: Found, kind: MxJob['kind'], checks: readonly number[]): Answer {
  const target = {
    provider: found.connection.provider,
    externalIds: [found.connection.externalId],
    operation: 'refresh',
  };
  const outcome = world.faults.take(OUTCOME_FAULTS, target)?.fault ?? null;
  const webhooks = world.faults.take(WEBHOOK_FAULTS, target)?.fault ?? null;
  const faults: FaultName[] = [outcome, webhooks].filter((fault) => fault !== null);
  if (outcome === 'silent-noop') return accepted(found, { faults });
  if (outcome === 'reconnect-required') {
    // MX notices before it starts, and starts nothing.
    const broken = changeStatus(world, found, 'IMPAIRED', { at: call.at, fault: webhooks });
    return accepted(broken, { faults });
  }
  const products = productsOf(kind, found, call);
  const counted = keep(world, {
    connection: { ...found.connection, lastForcedAt: call.at },
    member: { ...found.member, balanceChecks: kind === 'BALANCE' ? [...checks, call.at] : checks },
  });
  const begun = startJob(world, counted, { kind, products, outcome: outcome ?? 'success', webhooks, at: call.at });
  return accepted(begun, { faults, billed: [{ connection: begun.connection, products }] });
}

function productsOf(kind: MxJob['kind'], { connection }: Found, { query }: Call): readonly string[] {
  if (kind === 'BALANCE') return ['BALANCES'];
  const left = [
    ...ELSEWHERE,
    ...(query['include_holdings'] === 'false' ? HOLDINGS : []),
    ...(query['include_transactions'] === 'false' ? TRANSACTIONS : []),
  ];
  return [...connection.products, ...connection.optionalProducts].filter((product) => !left.includes(product));
}

export function resume(world: World, call: Call): Answer {
  const found = memberIn(world, call);
  if (found === null) return notFound();
  const { job } = found.member;
  if (job?.outcome !== 'unanswered') return refusal(409, 'The member has no question to answer.');
  return accepted(resumeJob(world, found, job, call.at));
}
