import { describe, expect, test } from '@jest/globals';
import type { Connection, ConnectionEvent } from '@freshet/domain';
import { bookOf } from '../../test/catalogue.js';
import { connection, DAY, inputs, noon, policy } from '../../test/given.js';
import { written } from '../../test/tables.js';
import { draftOf } from '../group/draft.js';
import type { RefreshPolicy } from '../policy.js';
import { decideConsent, happenUnderConsent } from './decide-consent.js';

const consent = { ...policy().consent, warnMs: 7 * DAY };
const eu = policy({ consent: { ...consent, lapse: 'consent_ended' } });
const uk = policy({ consent: { ...consent, lapse: 'reconfirmation_lapsed' } });

const after = (rules: RefreshPolicy, values: Partial<Connection>): string | null => {
  const { effects } = decideConsent(connection('a', values), rules, inputs(noon));
  const [change] = written(effects, 'statusChange');
  return change === undefined ? null : `${change.event} ${change.toStatus}/${change.toReason}`;
};

describe('a consent that ends by itself', () => {
  test.each<[string, RefreshPolicy, Partial<Connection>, string | null]>([
    ['of unknown end', eu, { consentExpiresAt: null }, null],
    ['a moment before the warning', eu, { consentExpiresAt: noon + 7 * DAY + 1 }, null],
    ['from the warning on', eu, { consentExpiresAt: noon + 7 * DAY }, 'consent_ending ACTIVE/ACCESS_EXPIRING_SOON'],
    ['that was warned of', eu, { consentExpiresAt: noon + 1, statusReason: 'ACCESS_EXPIRING_SOON' }, null],
    ['of one that is not well', eu, { consentExpiresAt: noon + 1, status: 'DEGRADED' }, null],
    [
      'at its end, where nothing works without',
      eu,
      { consentExpiresAt: noon },
      'consent_ended RECONNECT_REQUIRED/TOKEN_EXPIRED',
    ],
    ['at its end in the UK', uk, { consentExpiresAt: noon }, 'reconfirmation_lapsed DEGRADED/INTERACTIVE_REFRESH'],
    ['a moment before its end', uk, { consentExpiresAt: noon + 1, statusReason: 'ACCESS_EXPIRING_SOON' }, null],
    [
      'that lapsed long ago',
      uk,
      { consentExpiresAt: noon - DAY, status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' },
      null,
    ],
    [
      'of a degraded one in the UK',
      uk,
      { consentExpiresAt: noon, status: 'DEGRADED', statusReason: 'INSTITUTION_ACTION_REQUIRED' },
      'reconfirmation_lapsed DEGRADED/INTERACTIVE_REFRESH',
    ],
    [
      'of a broken one',
      uk,
      { consentExpiresAt: noon, status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' },
      null,
    ],
    ['of an inactive twin', eu, { consentExpiresAt: noon, active: false }, null],
    ['since which the provider told that it is well', eu, { consentExpiresAt: noon - 1, statusToldAt: noon }, null],
    [
      'before which it did',
      eu,
      { consentExpiresAt: noon, statusToldAt: noon },
      'consent_ended RECONNECT_REQUIRED/TOKEN_EXPIRED',
    ],
  ])('%s', (_what, rules, values, expected) => expect(after(rules, values)).toBe(expected));

  test('is what the catalogue says of the provider', () => {
    const of = (provider: string, connector: string) =>
      bookOf().policyFor({ tenantId: 't', connector, provider, institutionId: 'i', connectionId: 'c' }).consent.lapse;
    expect([of('BUD', 'bud'), of('PLAID', 'meld')]).toEqual(['reconfirmation_lapsed', 'consent_ended']);
  });
});

describe('what a pull comes to while the consent has lapsed', () => {
  const lapsed = connection('a', {
    status: 'DEGRADED',
    statusReason: 'INTERACTIVE_REFRESH',
    consentExpiresAt: noon - 1,
  });
  const status = (rules: RefreshPolicy, event: ConnectionEvent, own = lapsed): string =>
    happenUnderConsent(draftOf(own), event, rules, inputs(noon)).after.status;

  test.each<[ConnectionEvent, string]>([
    ['aggregation_succeeded', 'DEGRADED'],
    ['aggregation_partly', 'DEGRADED'],
    ['outcome_unknown', 'DEGRADED'],
    ['failed_login_required', 'RECONNECT_REQUIRED'],
    ['failed_token_expired', 'RECONNECT_REQUIRED'],
  ])('%s leaves it %s', (event, expected) => expect(status(uk, event)).toBe(expected));

  test('lifts what has another reason', () => {
    expect(status(uk, 'aggregation_succeeded', { ...lapsed, consentExpiresAt: noon + 1 })).toBe('ACTIVE');
    expect(status(uk, 'aggregation_succeeded', { ...lapsed, statusReason: 'INSTITUTION_ACTION_REQUIRED' })).toBe(
      'ACTIVE',
    );
    expect(status(eu, 'aggregation_succeeded')).toBe('ACTIVE');
  });
});
