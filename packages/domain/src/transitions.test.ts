import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { printTransitions } from './print-transitions.js';
import { isTerminal, reasonsByStatus, standingOf, standings, statuses } from './status.js';
import type { Standing, StatusAndReason } from './status.js';
import { permissionsOf } from './permissions.js';
import { events, isPossible, nextStatus, type ConnectionEvent } from './transitions.js';

/** The words of the table below. */
const leadsTo: Readonly<Record<string, StatusAndReason>> = {
  active: { status: 'ACTIVE', reason: null },
  expiring: { status: 'ACTIVE', reason: 'ACCESS_EXPIRING_SOON' },
  accounts: { status: 'ACTIVE', reason: 'NEW_ACCOUNTS_AVAILABLE' },
  partial: { status: 'PARTIALLY_ACTIVE', reason: 'PARTIAL_AGGREGATION_SUCCESS' },
  inactive: { status: 'PARTIALLY_ACTIVE', reason: 'INACTIVE_DUPLICATE' },
  bank: { status: 'DEGRADED', reason: 'INSTITUTION_CURRENTLY_UNAVAILABLE' },
  provider: { status: 'DEGRADED', reason: 'SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE' },
  action: { status: 'DEGRADED', reason: 'INSTITUTION_ACTION_REQUIRED' },
  present: { status: 'DEGRADED', reason: 'INTERACTIVE_REFRESH' },
  unclear: { status: 'UNDETERMINED', reason: null },
  login: { status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED' },
  token: { status: 'RECONNECT_REQUIRED', reason: 'TOKEN_EXPIRED' },
  mending: { status: 'RECONNECT_REQUIRED', reason: 'REPAIRING_INSTITUTION' },
  other: { status: 'RECONNECT_REQUIRED', reason: 'OTHER' },
  hopeless: { status: 'UNRECOVERABLE', reason: 'CONTINUED_AGGREGATION_FAILURES' },
  expired: { status: 'EXPIRED', reason: null },
  deleted: { status: 'DELETED', reason: null },
};

/** `=`: it happened and moves nothing. `-`: it cannot happen there. `named`: the event itself names the status. */
const table = `
  event                           IN_PROGRESS ACTIVE   PARTIALLY_ACTIVE INACTIVE_DUPLICATE DEGRADED UNDETERMINED RECONNECT_REQUIRED UNRECOVERABLE EXPIRED DELETED UNKNOWN
  connect_completed               active      =        =                =                  =        =            =                  =             -       -       -
  connect_abandoned               expired     -        -                -                  -        -            -                  -             -       -       -
  aggregation_succeeded           active      =        active           =                  active   active       =                  =             -       -       -
  aggregation_partly              partial     partial  partial          =                  partial  partial      =                  =             -       -       -
  failed_institution_unavailable  -           bank     bank             =                  bank     bank         =                  =             -       -       -
  failed_provider_unavailable     -           provider provider         =                  provider provider     =                  =             -       -       -
  failed_action_required          -           action   action           =                  action   action       =                  =             -       -       -
  failed_customer_needed          -           present  present          =                  present  present      =                  =             -       -       -
  failed_login_required           -           login    login            =                  login    login        login              =             -       -       -
  failed_token_expired            -           token    token            =                  token    token        token              =             -       -       -
  failed_institution_repairing    -           mending  mending          =                  mending  mending      mending            =             -       -       -
  failed_otherwise                -           other    other            =                  other    other        other              =             -       -       -
  outcome_unknown                 -           unclear  unclear          =                  unclear  unclear      =                  =             -       -       -
  failures_exhausted              -           hopeless hopeless         =                  hopeless hopeless     hopeless           =             -       -       -
  consent_ending                  -           expiring =                =                  =        =            =                  =             -       -       -
  consent_ended                   -           token    token            =                  token    token        token              =             -       -       -
  reconfirmation_lapsed           -           present  present          =                  present  present      =                  =             -       -       -
  new_accounts_available          -           accounts =                =                  =        =            =                  =             -       -       -
  repaired                        -           active   active           =                  active   active       active             active        -       -       active
  promoted                        -           named    named            named              named    named        named              named         -       -       named
  demoted                         inactive    inactive inactive         =                  inactive inactive     inactive           inactive      -       -       inactive
  provider_named                  named       named    named            named              named    named        named              named         -       -       named
  deleted                         deleted     deleted  deleted          deleted            deleted  deleted      deleted            deleted       deleted -       deleted`;

const [head, ...lines] = table
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/ +/));
const columns = (head ?? []).slice(1);
const cells = lines.flatMap(([event = '', ...row]) =>
  columns.map((column, index) => [column as Standing, event as ConnectionEvent, row[index] ?? ''] as const),
);

/** Every status, with every reason, that stands so. */
const standingSo = (standing: Standing): readonly StatusAndReason[] => {
  if (standing === 'UNKNOWN') return [{ status: 'IMPEDED', reason: null }];
  return statuses
    .flatMap((status) => [null, ...reasonsByStatus[status]].map((reason) => ({ status, reason })))
    .filter((current) => standingOf(current) === standing);
};

const same = (a: StatusAndReason, b: StatusAndReason): boolean => a.status === b.status && a.reason === b.reason;

describe('where an event leads', () => {
  test('is written down here for every event in every standing', () => {
    expect([...columns].sort()).toEqual([...standings].sort());
    expect(lines.map(([event]) => event).sort()).toEqual([...events].sort());
  });

  test.each(cells)('%s, %s: %s', (standing, event, cell) => {
    const named = { status: 'DEGRADED', reason: 'INSTITUTION_ACTION_REQUIRED' };
    const currents = standingSo(standing);
    expect(currents.length).toBeGreaterThan(0);
    for (const current of currents) {
      const wanted = cell === 'named' ? named : leadsTo[cell];
      const moves = wanted !== undefined && !same(current, wanted);
      expect(nextStatus(current, event, named)).toEqual(moves ? wanted : undefined);
      expect(isPossible(current, event)).toBe(cell !== '-');
    }
  });

  test('keeps the reason of an ACTIVE connection whose data came', () => {
    expect(nextStatus({ status: 'ACTIVE', reason: 'ACCESS_EXPIRING_SOON' }, 'aggregation_succeeded')).toBeUndefined();
  });
});

describe('a status', () => {
  const current: fc.Arbitrary<StatusAndReason> = fc.constantFrom(...standings.flatMap(standingSo));
  const event = fc.constantFrom(...events);

  /** Where our own rules lead from there, in one step. */
  const neighbours = (from: StatusAndReason): readonly StatusAndReason[] =>
    events
      .filter((name) => name !== 'provider_named' && name !== 'promoted')
      .map((name) => nextStatus(from, name))
      .filter((next) => next !== undefined);

  const leadsBackToActive = (from: StatusAndReason): boolean => {
    const seen = new Set<string>();
    const open = [from];
    for (let here = open.pop(); here !== undefined; here = open.pop()) {
      if (here.status === 'ACTIVE') return true;
      const unseen = neighbours(here).filter((next) => !seen.has(JSON.stringify(next)));
      unseen.forEach((next) => seen.add(JSON.stringify(next)));
      open.push(...unseen);
    }
    return false;
  };

  test("that is not final has an automatic way back, or a customer's", () => {
    fc.assert(
      fc.property(current, (from) => {
        fc.pre(!isTerminal(from.status));
        const promoted = nextStatus(from, 'promoted', { status: 'ACTIVE', reason: null });
        expect(leadsBackToActive(from) || promoted?.status === 'ACTIVE').toBe(true);
      }),
    );
  });

  /** Who brings an event about: nobody of ours has to think of any of them. */
  const byItself = ['aggregation_succeeded', 'connect_completed', 'connect_abandoned', 'promoted'] as const;
  const healthy = { status: 'ACTIVE', reason: null } as const;

  const first = (from: StatusAndReason, event: ConnectionEvent): string | undefined =>
    nextStatus(from, event, healthy)?.status;

  const everyStatus = standings.flatMap(standingSo).filter(({ status }) => !isTerminal(status) && status !== 'ACTIVE');

  test.each(everyStatus)('$status ($reason) leads back by what comes by itself, or by what it offers', (from) => {
    const offered = permissionsOf(from);
    const automatic = byItself.filter((event) => first(from, event) !== undefined);
    const isRepaired = offered.repair && first(from, 'repaired') === 'ACTIVE';
    expect(automatic.length > 0 || isRepaired).toBe(true);
    // Where nothing may be refreshed, the answer names what helps, and that leads back.
    if (offered.refresh === 'no') {
      expect(offered.instead).not.toBeNull();
      expect(offered.instead === 'repair' ? isRepaired : first(from, 'connect_completed') === 'ACTIVE').toBe(true);
    }
  });

  test.each(everyStatus.filter((from) => permissionsOf(from).refresh !== 'no'))(
    '$status ($reason) heals by data alone, or by becoming the active twin',
    (from) => {
      const event = standingOf(from) === 'INACTIVE_DUPLICATE' ? 'promoted' : 'aggregation_succeeded';
      expect(first(from, event)).toBe('ACTIVE');
    },
  );

  test('that is final is left by nothing but a deletion', () => {
    fc.assert(
      fc.property(current, event, (from, name) => {
        fc.pre(isTerminal(from.status));
        const next = nextStatus(from, name, { status: 'ACTIVE', reason: null });
        expect(next === undefined || (from.status === 'EXPIRED' && name === 'deleted')).toBe(true);
      }),
    );
  });

  test('of ours is never left for a word that we do not know, unless the provider names it', () => {
    fc.assert(
      fc.property(current, event, (from, name) => {
        fc.pre(name !== 'provider_named' && name !== 'promoted');
        const next = nextStatus(from, name);
        if (next !== undefined) expect(standingOf(next)).not.toBe('UNKNOWN');
      }),
    );
  });

  test('in words that we do not know is kept verbatim', () => {
    const word = { status: 'IMPEDED', reason: 'BY_THE_WEATHER' };
    expect(nextStatus({ status: 'ACTIVE', reason: null }, 'provider_named', word)).toEqual(word);
    expect(standingOf(word)).toBe('UNKNOWN');
  });
});

describe('the printed tables', () => {
  test('are the same each time', () => {
    expect(printTransitions()).toBe(printTransitions());
  });

  test('name every standing, every event that can happen, and every status with its reasons', () => {
    const printed = printTransitions();
    for (const standing of standings) expect(printed).toContain(`### ${standing}\n`);
    for (const event of events) expect(printed).toContain(`| \`${event}\` |`);
    for (const status of statuses) {
      for (const reason of ['(none)', ...reasonsByStatus[status]])
        expect(printed).toContain(`| ${status} | ${reason} |`);
    }
  });

  test('say what the tables say', () => {
    const printed = printTransitions();
    expect(printed).toContain('| DEGRADED | INTERACTIVE_REFRESH | attended only | yes | yes | yes |  |');
    expect(printed).toContain('| `failures_exhausted` | UNRECOVERABLE/CONTINUED_AGGREGATION_FAILURES |');
    expect(printed).toContain('### DELETED\n\n| event | leads to |\n| --- | --- |\n| (none) | final |');
  });
});
