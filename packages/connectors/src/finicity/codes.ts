import type { CustomerNeededEvent, KnownStatus, RefreshAnswer } from '@freshet/domain';

/** What a code says of an attempt to reach the bank. */
export type CodeEnding =
  | { readonly kind: 'success' }
  /** An attempt of somebody else's is under way. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'limited' }
  | { readonly kind: 'customer-needed'; readonly event: CustomerNeededEvent }
  | { readonly kind: 'unavailable'; readonly who: 'institution' | 'provider' }
  | { readonly kind: 'refused' };

export interface CodeRow {
  readonly ending: CodeEnding;
  /** The login's status while all of its accounts show it; null: it says nothing of that. */
  readonly status: KnownStatus | null;
  /** The whole login's trouble, not one account's: one account's word for it is enough. */
  readonly isOfLogin: boolean;
  /** As the answer to a call it does not prove that nothing happened. */
  readonly leavesCallOpen?: true;
}

const wanting = (event: CustomerNeededEvent, status: KnownStatus, isOfLogin = true): CodeRow => ({
  ending: { kind: 'customer-needed', event },
  status,
  isOfLogin,
});
const login = wanting('failed_login_required', { status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED' });
const token = wanting('failed_token_expired', { status: 'RECONNECT_REQUIRED', reason: 'TOKEN_EXPIRED' });
const other = wanting('failed_otherwise', { status: 'RECONNECT_REQUIRED', reason: 'OTHER' });
const otherOfAccount = { ...other, isOfLogin: false };
const action = wanting('failed_action_required', { status: 'DEGRADED', reason: 'INSTITUTION_ACTION_REQUIRED' });
const bankDown: CodeRow = {
  ending: { kind: 'unavailable', who: 'institution' },
  status: { status: 'DEGRADED', reason: 'INSTITUTION_CURRENTLY_UNAVAILABLE' },
  isOfLogin: false,
};
const refused: CodeRow = { ending: { kind: 'refused' }, status: null, isOfLogin: false };

/**
 * Aggregation status codes, and the codes of errors that say the same. Meanings: `aggregation-status-codes`,
 * `data-connect-fix` and the pages under `errors/` of https://developer.mastercard.com/open-finance-us/documentation/,
 * and the former https://docs.finicity.com/aggregation-status-codes/. A forced refresh asks nobody anything, so that
 * questions of the bank (185, 187, 331) need a new login, not a present customer.
 */
export const codeRows = {
  '0': { ending: { kind: 'success' }, status: { status: 'ACTIVE', reason: null }, isOfLogin: false },
  // An existing connection is interrupted.
  '101': bankDown,
  '102': bankDown,
  '103': login,
  '104': bankDown,
  '105': bankDown,
  // Name, number or type of the account are others than before.
  '106': otherOfAccount,
  '108': action,
  // The bank demands a new password: it is entered in Data Connect afterwards.
  '109': login,
  // A duplicate account: the customer keeps one.
  '169': otherOfAccount,
  // Something unexpected on the bank's side.
  '171': bankDown,
  '179': bankDown,
  '185': login,
  '187': login,
  '194': bankDown,
  '197': bankDown,
  '204': bankDown,
  '325': { ending: { kind: 'busy' }, status: null, isOfLogin: false },
  '331': login,
  '417': bankDown,
  // Whoever gave up waiting does not say what became of it.
  '500': { ...bankDown, leavesCallOpen: true },
  '504': { ...bankDown, leavesCallOpen: true },
  '525': bankDown,
  '905': bankDown,
  '906': bankDown,
  '907': bankDown,
  // The second factor was not completed.
  '938': login,
  '940': login,
  // Moved to OAuth: not consented, and (948) not logged in yet.
  '945': other,
  // Not found, perhaps closed.
  '946': otherOfAccount,
  '947': token,
  '948': login,
  '959': action,
  '961': action,
  '971': login,
  // The bank is not supported.
  '972': refused,
  '976': refused,
  '981': refused,
  '1415': bankDown,
  '11000': bankDown,
  // The bank's own limit of calls. It arrives with HTTP 202.
  '44002': { ...bankDown, ending: { kind: 'limited' } },
} as const satisfies Readonly<Record<string, CodeRow>>;

/** Undefined for a code that is not in the table. */
export const codeRowOf = (code: string | null): CodeRow | undefined =>
  code !== null && Object.hasOwn(codeRows, code) ? codeRows[code as keyof typeof codeRows] : undefined;

/** The most that an answer may have to say first: what only the customer can mend, then what only time can. */
const weight: Readonly<Record<CodeEnding['kind'], number>> = {
  'customer-needed': 5,
  limited: 4,
  refused: 3,
  unavailable: 2,
  busy: 1,
  success: 0,
};

/** The code that says most of the login; unknown ones weigh as much as a refusal. */
export const heaviest = (codes: readonly string[]): string | null => {
  const weightOf = (code: string): number => weight[codeRowOf(code)?.ending.kind ?? 'refused'];
  return codes.reduce<string | null>(
    (found, code) => (found === null || weightOf(code) > weightOf(found) ? code : found),
    null,
  );
};

/** Limits are the bank's, for all customers of the partner there. */
export const LIMIT_SCOPE = 'institution';

type Ended = Extract<RefreshAnswer, { kind: 'limited' | 'customer-needed' | 'refused' | 'unavailable' }>;

/** An attempt that failed with this code. Unknown ones are no outage and nobody's fault: it just did not work. */
export const failedBy = (code: string, message: string): Ended => {
  const ending = codeRowOf(code)?.ending;
  if (ending?.kind === 'customer-needed') return { ...ending, message };
  if (ending?.kind === 'limited') return { kind: 'limited', until: null, scope: LIMIT_SCOPE, said: code };
  if (ending?.kind === 'unavailable') return { ...ending, retryAt: null, message };
  return { kind: 'refused', message };
};
