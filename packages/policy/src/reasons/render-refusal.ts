import type { Decision, Refusal } from '@freshet/domain';
import { renderReason } from './render-reason.js';
import { spokenInstant } from './spoken.js';

/** Why a refresh was refused, for somebody who has to act on it. */
export interface RenderedRefusal {
  readonly what: string;
  readonly why: string;
  /** When the same request would pass; null where waiting does not help. */
  readonly when: string | null;
  readonly instead: string | null;
  /** All of it, in one paragraph. */
  readonly detail: string;
}

const titles: Readonly<Record<Refusal, string>> = {
  'not-refreshable': 'The connection cannot be refreshed in its status.',
  'product-not-granted': 'A product is not granted on this connection.',
  'range-out-of-reach': 'The provider cannot serve that time range.',
  'customer-required': 'The customer has to be present.',
  'not-forceable': 'The provider cannot be forced.',
  'provider-closed': 'The provider is closed for now.',
  'rate-limited': 'A limit of the provider is reached.',
  'budget-exhausted': 'A budget has no room for it now.',
};

/** Where no time is known: what it hangs on instead. Null: not on time. */
const untold: Readonly<Record<Refusal, string | null>> = {
  'not-refreshable': null,
  'product-not-granted': null,
  'range-out-of-reach': null,
  'customer-required': null,
  'not-forceable': null,
  'provider-closed': 'Nobody has told when it would pass.',
  'rate-limited': 'Nobody has told when it would pass.',
  'budget-exhausted': 'Waiting does not help: it costs more than the budget ever has free.',
};

const operationInstead = ({ operation, operationConnectionId }: Decision): string => {
  if (operation === 'repair') return `Send the customer through the repair of ${operationConnectionId}.`;
  if (operation === 'connect') return `Let the customer connect: ${operationConnectionId} is not linked.`;
  return 'Nothing brings this connection back: link the account anew.';
};

const advice: Readonly<Record<Refusal, (decision: Decision) => string | null>> = {
  'not-refreshable': operationInstead,
  'product-not-granted': () => 'Ask for granted products, or add the product to the connection first.',
  'range-out-of-reach': () => 'Ask for a range within reach, or for none.',
  'customer-required': () => 'Ask again while the customer is there, and say so with customerPresent.',
  'not-forceable': () => 'Ask without mode force, and take what background refreshes bring.',
  'provider-closed': () => 'Asking earlier is refused too; nothing is lost meanwhile.',
  'rate-limited': () => 'Asking earlier is refused too.',
  'budget-exhausted': ({ retryAt }) =>
    retryAt === null ? 'Raise the budget.' : 'Wait until then, or raise the budget.',
};

const whenOf = ({ retryAt }: Decision, refusal: Refusal): string | null =>
  retryAt === null ? untold[refusal] : `It would pass at ${spokenInstant(retryAt)}.`;

const insteadOf = (decision: Decision, refusal: Refusal): string | null => {
  const background =
    decision.nextBackgroundAt === null
      ? null
      : `The next background refresh is expected at ${spokenInstant(decision.nextBackgroundAt)}.`;
  const words = [advice[refusal](decision), background].filter((text) => text !== null);
  return words.length === 0 ? null : words.join(' ');
};

/** What, why, when it would pass, and what to do instead; undefined where the decision refuses nothing. */
export const renderRefusal = (decision: Decision): RenderedRefusal | undefined => {
  const { refusal, reasons } = decision;
  if (refusal === null) return undefined;
  const gate = reasons.at(-1)?.gate;
  const what = titles[refusal];
  // The gate that was hit is the last one asked: those before it were passed.
  const hit = reasons.filter((reason) => reason.gate === gate);
  const why = hit.map(renderReason).join(' ');
  const when = whenOf(decision, refusal);
  const instead = insteadOf(decision, refusal);
  return { what, why, when, instead, detail: [what, why, when, instead].filter((text) => text).join(' ') };
};
