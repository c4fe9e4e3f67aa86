import type { Connection, ConnectionEvent, Effect, Instant } from '@freshet/domain';
import { draftEffects, draftOf, happen, type Draft } from '../group/draft.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';

type Consented = Pick<Connection, 'consentExpiresAt'>;

const hasEnded = ({ consentExpiresAt: end }: Consented, now: Instant): boolean => end !== null && end <= now;

/** What the end of the consent, or that it is near, does to the connection. A provider that has told its status since knows better. */
const eventOf = (connection: Connection, { consent }: RefreshPolicy, now: Instant): ConnectionEvent | null => {
  const { consentExpiresAt: end, statusToldAt } = connection;
  if (end === null || !connection.active) return null;
  if (hasEnded(connection, now)) return statusToldAt !== null && statusToldAt > end ? null : consent.lapse;
  return end - consent.warnMs <= now ? 'consent_ending' : null;
};

/** A consent that ends by itself: warned of before, and then what the catalogue says that its end does. */
export const decideConsent = (
  connection: Connection,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): { readonly effects: readonly Effect[] } => {
  const event = eventOf(connection, policy, inputs.now);
  return { effects: event === null ? [] : draftEffects(happen(draftOf(connection), event, inputs), inputs) };
};

/** What a pull comes to says nothing of a consent that has lapsed. */
const ofPulls: ReadonlySet<ConnectionEvent> = new Set([
  'aggregation_succeeded',
  'aggregation_partly',
  'failed_institution_unavailable',
  'failed_provider_unavailable',
  'outcome_unknown',
]);

/**
 * The event, as the table has it; but where only the present customer may refresh until the consent is reconfirmed, that
 * they did, or tried, lets nobody else in.
 */
export const happenUnderConsent = (
  draft: Draft,
  event: ConnectionEvent,
  { consent }: RefreshPolicy,
  inputs: TurnInputs,
): Draft => {
  const { after } = draft;
  const isLapsed = consent.lapse === 'reconfirmation_lapsed' && hasEnded(after, inputs.now);
  const stays = isLapsed && after.statusReason === 'INTERACTIVE_REFRESH' && ofPulls.has(event);
  return stays ? draft : happen(draft, event, inputs);
};
