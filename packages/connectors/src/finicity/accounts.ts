import type { Instant, Product, RefreshProgress, StatusShown, StatusTold } from '@freshet/domain';
import { MINUTE, SECOND } from '@freshet/domain';
import type { ProgressCall } from '@freshet/ports';

import { codeRowOf, failedBy, heaviest } from './codes.js';
import type { FinicityAccount } from './wire.js';

/** What an aggregation of an account brings: its stamp is of all of it. */
export const AGGREGATED = [
  'BALANCES',
  'TRANSACTIONS',
  'INVESTMENT_HOLDINGS',
  'INVESTMENT_TRANSACTIONS',
] as const satisfies readonly Product[];

export type AccountsLook = Pick<ProgressCall, 'products' | 'sentAt' | 'asOfBefore'>;

/** Finicity's clock may be behind ours by this much before its stamp hides. */
const CLOCK_TOLERANCE_MS = 30 * SECOND;
/** An account that the attempt has not come to so long after the others is not part of it. */
const STRAGGLER_MS = MINUTE;

/** Discovered, but never activated by the customer: no attempt comes to it. */
const isActive = ({ status }: FinicityAccount): boolean => status !== 'pending';

export const activeAccounts = (accounts: readonly FinicityAccount[]): readonly FinicityAccount[] =>
  accounts.filter(isActive);

const failureIn = ({ aggregationStatusCode: code }: FinicityAccount): string | null => (code === '0' ? null : code);

/** When the account's data is from. A live balance moves its own date alone. */
const stampOf = (account: FinicityAccount, products: AccountsLook['products']): Instant | null => {
  const { aggregationSuccessDate, aggregationAttemptDate, balanceDate } = account;
  const success = aggregationSuccessDate ?? (account.aggregationStatusCode === '0' ? aggregationAttemptDate : null);
  const isBalanceAlone = products.every((product) => product === 'BALANCES');
  return isBalanceAlone && balanceDate !== null ? Math.max(success ?? balanceDate, balanceDate) : success;
};

/** Stamps are whole seconds: what ended in the very second of the call shows as from its beginning. */
const secondOf = (instant: Instant): Instant => Math.floor(instant / SECOND) * SECOND;

/**
 * Whether the stamp is of this refresh: newer than the newest data before it, and not from before the call. Where the
 * data before it is known, clocks that differ a little are forgiven: at worst a background pull that ended as we called
 * passes for ours, and its data is as fresh.
 */
const hasAdvanced = (stamp: Instant | null, { sentAt, asOfBefore }: AccountsLook): stamp is Instant => {
  if (stamp === null) return false;
  if (asOfBefore === null) return stamp >= secondOf(sentAt);
  return stamp > asOfBefore && stamp >= sentAt - CLOCK_TOLERANCE_MS;
};

type AccountEnd =
  | { readonly kind: 'came'; readonly at: Instant }
  | { readonly kind: 'failed'; readonly at: Instant; readonly code: string }
  | { readonly kind: 'open' };

const endOf = (account: FinicityAccount, look: AccountsLook): AccountEnd => {
  const [stamp, attempt, code] = [stampOf(account, look.products), account.aggregationAttemptDate, failureIn(account)];
  const since = secondOf(look.sentAt);
  const came = hasAdvanced(stamp, look) ? ({ kind: 'came', at: stamp } as const) : null;
  if (came !== null && came.at >= since) return came;
  // 325 is the word of an attempt that was turned away: the one that runs is still to end.
  const hasFailed = code !== null && codeRowOf(code)?.ending.kind !== 'busy';
  // A failure since the call outweighs a stamp that is only forgiven its clock.
  if (hasFailed && attempt !== null && attempt >= since) return { kind: 'failed', at: attempt, code };
  return came ?? { kind: 'open' };
};

/** What is wrong with the login itself weighs more than that some of it came: only a repair mends it. */
const loginWord = (accounts: readonly FinicityAccount[]): { readonly told?: StatusTold } => {
  const told = toldByAccounts(accounts);
  return told === null || told.status === 'PARTIALLY_ACTIVE' ? {} : { told };
};

/** What the login's accounts show of a refresh that was accepted, or whose reply was lost. */
export const progressOfAccounts = (
  accounts: readonly FinicityAccount[],
  look: AccountsLook,
  now: Instant,
): RefreshProgress => {
  const ends = activeAccounts(accounts).map((account) => endOf(account, look));
  const ended = ends.filter((end) => end.kind !== 'open');
  const newest = Math.max(...ended.map(({ at }) => at));
  if (ended.length === 0 || (ended.length < ends.length && now - newest < STRAGGLER_MS)) return { kind: 'pending' };
  const came = ended.filter((end) => end.kind === 'came');
  // Finicity does not say whether anything was new, nor which products came: an account has all of its own or none.
  const arrived = { asOf: Math.min(...came.map(({ at }) => at)), newData: null };
  if (came.length === ends.length) return { kind: 'done', ...arrived };
  if (came.length > 0) return { kind: 'partial', ...arrived, products: null, ...loginWord(accounts) };
  return failedByCodes(ended.flatMap((end) => (end.kind === 'failed' ? [end.code] : [])));
};

/** No account brought anything: the code that says most is the refresh's. */
export const failedByCodes = (codes: readonly string[]): RefreshProgress => {
  const code = heaviest(codes);
  if (code === null) return { kind: 'unknown', message: 'Finicity does not say why nothing came' };
  return failedBy(code, `Finicity ended the refresh with code ${code}`);
};

/** A code that is not in the table is a status of its own: nothing is refreshed in it. */
const statusOfCode = (code: string): Omit<StatusTold, 'at'> | null => {
  const row = codeRowOf(code);
  return row === undefined ? { status: `AGGREGATION_STATUS_${code}`, reason: null } : row.status;
};

/** The login as its accounts' last attempts left it; null where none was made. As of the reading. */
export const toldByAccounts = (accounts: readonly FinicityAccount[]): StatusTold | null => {
  const codes = activeAccounts(accounts).flatMap(({ aggregationStatusCode: code }) => (code === null ? [] : [code]));
  const failed = codes.filter((code) => code !== '0' && statusOfCode(code) !== null);
  const ofLogin = heaviest(failed.filter((code) => codeRowOf(code)?.isOfLogin === true));
  const isPartial = ofLogin === null && failed.length > 0 && codes.includes('0');
  if (isPartial) return { status: 'PARTIALLY_ACTIVE', reason: 'PARTIAL_AGGREGATION_SUCCESS', at: null };
  const worst = ofLogin ?? heaviest(failed) ?? (codes.includes('0') ? '0' : null);
  const standing = worst === null ? null : statusOfCode(worst);
  return standing === null ? null : { ...standing, at: null };
};

/** Its data too: as old as the oldest of what its last attempts brought. */
export const shownByAccounts = (accounts: readonly FinicityAccount[]): StatusShown | null => {
  const told = toldByAccounts(accounts);
  const came = activeAccounts(accounts)
    .filter((account) => failureIn(account) === null)
    .flatMap((account) => stampOf(account, AGGREGATED) ?? []);
  return told === null || came.length === 0
    ? told
    : { ...told, data: [{ products: AGGREGATED, at: Math.min(...came) }] };
};
