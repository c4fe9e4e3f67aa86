import { cited, ourChoice } from './cited.js';
import type { CatalogueDefaults } from './schema/entry.js';

const meldGuide = cited('https://docs.meld.io/docs/bank-linking/manage-connection-status/refreshing-connections');
const meldReasons = cited('https://docs.meld.io/docs/connection-errors-and-reasons');
const plaidSpec = cited('https://github.com/plaid/plaid-openapi, 2020-09-14.yml');

/** What holds where a provider's entry says nothing: careful where nobody knows, usual where everybody does it. */
export const defaults = {
  duplicates: ourChoice(
    'twins',
    'nothing is merged at a provider of which nobody knows that equal keys are one connection',
  ),
  background: {
    owner: ourChoice('provider', 'no sweep pulls at a provider that nobody has looked up'),
    every: meldGuide('P1D', 'once or a few times a day; the longest of these is what can be counted on'),
    staleAfter: ourChoice('P2D', 'one missed daily pull is a delay, two are a silence'),
    suppressedByForced: ourChoice('PT0S', 'known of MX only'),
  },
  forced: {
    available: ourChoice(false, 'nothing is forced at a provider that nobody has looked up'),
    unattended: ourChoice(false, 'some providers forbid it: it has to be looked up first'),
    executor: ourChoice('engine', 'most providers run jobs and keep the data, so the engine starts them'),
  },
  consent: {
    warn: plaidSpec('P7D', 'Plaid warns about seven days before a consent ends; others do not say'),
    lapse: ourChoice('consent_ended', 'outside the UK nothing works without a consent'),
  },
  worth: {
    valueMultiple: ourChoice(
      2,
      'twice the price, so that a refresh is forced about when the copy is likelier stale than not',
    ),
    changesPerDay: ourChoice(1.2, 'a current account moves once or twice a working day'),
    readsPerDay: ourChoice(0.6, 'a customer looks about every other day'),
  },
  patience: ourChoice('PT15M', 'a customer who has just acted looks again within minutes, not hours'),
  failuresToGiveUp: meldReasons(3, 'UNRECOVERABLE: aggregation failed three times or more'),
  execution: {
    maxAttempts: ourChoice(4, 'with the pauses below, about fifteen seconds of a short disturbance'),
    backoff: ourChoice('PT2S', 'longer than a restart of a proxy, short enough for a waiting customer'),
    maxBackoff: ourChoice('PT1M', 'a provider that is down for a minute is asked once a minute'),
    pollFirst: ourChoice('PT2S', 'the quickest refreshes take a second or two'),
    pollMax: ourChoice('PT30S', 'the slowest take minutes: half a minute more is not noticed'),
    giveUp: ourChoice('PT30M', 'an outcome that nobody can tell by then stays uncertain, and the audit reports it'),
    maxBlock: ourChoice(
      'P1D',
      'the longest windows that providers tell of are days; a wrong word must not close one for ever',
    ),
    untoldBlock: ourChoice('PT15M', 'longer than every window counted in minutes'),
  },
  breaker: {
    failures: ourChoice(5, 'of different tasks: one connection that fails again and again shuts nothing'),
    of: ourChoice(10, 'half of the calls fail: the other half would be paid for, and found out late'),
    within: ourChoice('PT5M', 'a failure of a quarter of an hour ago says nothing of now'),
    pause: ourChoice('PT30S', 'most disturbances are over by then'),
    maxPause: ourChoice('PT15M', 'the end of a long outage is noticed within that time'),
    probe: ourChoice('PT5M', 'the slowest jobs end within minutes'),
  },
} as const satisfies CatalogueDefaults;
