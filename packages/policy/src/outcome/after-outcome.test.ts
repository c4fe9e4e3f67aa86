import { describe, expect, test } from '@jest/globals';
import { HOUR } from '@freshet/domain';
import { answered, done, loginFailed, soon, statusAfter, told, unavailable, type Answer } from '../../test/answered.js';
import { connection, connectionId, noon, twins } from '../../test/given.js';
import { written } from '../../test/tables.js';
import type { OutcomeDecision } from './decide-outcome.js';

describe('failures in a row', () => {
  const after = (failures: number, answer: Answer) =>
    answered(answer, 'look', { group: [connection('a', { consecutiveFailures: failures })] });

  test('of the login: the third makes it UNRECOVERABLE', () => {
    expect(statusAfter(after(1, loginFailed))).toBe('RECONNECT_REQUIRED/LOGIN_REQUIRED');
    expect(statusAfter(after(2, loginFailed))).toBe('UNRECOVERABLE/CONTINUED_AGGREGATION_FAILURES');
    expect(written(after(2, loginFailed).effects, 'connection')[0]?.consecutiveFailures).toBe(3);
  });

  test.each([
    ['of the provider', unavailable],
    ['of the bank', { ...unavailable, who: 'institution' } as Answer],
    ['that nobody understands', { kind: 'refused', message: '' } as Answer],
    ['by a limit', { kind: 'limited', until: null, scope: 'group' } as Answer],
    [
      'while the bank repairs its side',
      { kind: 'customer-needed', event: 'failed_institution_repairing', message: '' } as Answer,
    ],
  ])('%s never count', (_what, answer) => {
    const decision = after(2, answer);
    expect(statusAfter(decision) ?? 'stays').not.toMatch(/UNRECOVERABLE/);
    expect(written(decision.effects, 'connection')[0]?.consecutiveFailures).toBeUndefined();
  });
});

describe('the word of the provider', () => {
  test('outranks what we would derive', () => {
    const answer = { ...loginFailed, told: told('DEGRADED', 'INSTITUTION_ACTION_REQUIRED') } as Answer;
    expect(statusAfter(answered(answer, 'look'))).toBe('DEGRADED/INSTITUTION_ACTION_REQUIRED');
  });

  test('moves the status of a RECONNECT_REQUIRED connection, which our success would not', () => {
    const group = [connection('a', { status: 'RECONNECT_REQUIRED', statusReason: 'OTHER' })];
    expect(statusAfter(answered(done, 'look', { group }))).toBeUndefined();
    expect(statusAfter(answered({ ...done, told: told('ACTIVE') } as Answer, 'look', { group }))).toBe('ACTIVE/-');
  });

  test.each([
    ['newer than the last', noon, 'DEGRADED/-'],
    ['as old as the last', noon - HOUR, 'DEGRADED/-'],
    ['older than the last', noon - HOUR - 1, undefined],
    ['without a time', null, 'DEGRADED/-'],
  ])('%s', (_what, at, status) => {
    const group = [connection('a', { statusToldAt: noon - HOUR })];
    expect(statusAfter(answered({ ...done, told: told('DEGRADED', null, at) } as Answer, 'look', { group }))).toBe(
      status,
    );
  });

  test.each([
    ['that it is gone', told('DELETED')],
    ['that the active one is an inactive duplicate', told('PARTIALLY_ACTIVE', 'INACTIVE_DUPLICATE')],
  ])('%s is left to the event that says so', (_what, word) => {
    expect(statusAfter(answered({ ...done, told: word } as Answer, 'look'))).toBeUndefined();
  });

  test('that we do not know is kept verbatim', () => {
    expect(statusAfter(answered({ ...done, told: told('IMPEDED', 'WEATHER') } as Answer, 'look'))).toBe(
      'IMPEDED/WEATHER',
    );
  });
});

describe('a refresh of the inactive twin', () => {
  const target = { connectionId: connectionId('b') };
  const accepted: Answer = { kind: 'accepted', providerTaskId: 'job-1', coalesced: false };
  const [a, b] = twins({ status: 'DEGRADED', statusReason: 'INSTITUTION_CURRENTLY_UNAVAILABLE' });
  const byId = (decision: OutcomeDecision, name: string) =>
    written(decision.effects, 'connection').find((row) => row.id === connectionId(name));

  test('that is accepted takes the place, the status and the reason of the active one', () => {
    const decision = answered(accepted, 'call', { task: target, group: [a, b] });
    expect(byId(decision, 'b')).toMatchObject({
      active: true,
      status: 'DEGRADED',
      statusReason: 'INSTITUTION_CURRENTLY_UNAVAILABLE',
    });
    expect(byId(decision, 'a')).toMatchObject({
      active: false,
      status: 'PARTIALLY_ACTIVE',
      statusReason: 'INACTIVE_DUPLICATE',
    });
    expect(written(decision.effects, 'connection').map((row) => row.id)).toEqual([a.id, b.id]);
    expect(written(decision.effects, 'statusChange').map((row) => row.event)).toEqual(['demoted', 'promoted']);
  });

  test('that is done takes its place and is well', () => {
    const decision = answered(done, 'call', { task: target, group: [a, b] });
    expect(byId(decision, 'b')).toMatchObject({
      active: true,
      status: 'ACTIVE',
      statusReason: null,
      lastSuccessAt: soon,
    });
    expect(written(decision.effects, 'statusChange').map((row) => row.event)).toEqual([
      'demoted',
      'promoted',
      'aggregation_succeeded',
    ]);
  });

  test.each<[string, Answer]>([
    ['limited', { kind: 'limited', until: null, scope: 'group' }],
    ['refused', { kind: 'refused', message: '' }],
    ['unavailable', unavailable],
    ['busy', { kind: 'busy', runningId: null }],
    ['unknown', { kind: 'unknown', message: '' }],
  ])('that is %s promotes nobody', (_what, answer) => {
    const decision = answered(answer, 'call', { task: target, group: [a, b] });
    expect(written(decision.effects, 'connection')).toEqual([]);
  });

  test('that finds the login broken breaks the active one: it is one provider connection', () => {
    const decision = answered(loginFailed, 'call', { task: target, group: [a, b] });
    expect(byId(decision, 'a')).toMatchObject({ status: 'RECONNECT_REQUIRED', consecutiveFailures: 1 });
    expect(byId(decision, 'b')).toBeUndefined();
  });

  test('that is refused is not moved by a status read beside it', () => {
    const answer = { kind: 'refused', message: '', told: told('ACTIVE') } as Answer;
    expect(written(answered(answer, 'call', { task: target, group: [a, b] }).effects, 'connection')).toEqual([]);
  });

  test('where all were told to be inactive is ACTIVE afterwards: nobody knows of a worse', () => {
    const inactive = { status: 'PARTIALLY_ACTIVE', statusReason: 'INACTIVE_DUPLICATE' };
    const [c, d] = twins(inactive);
    expect(byId(answered(accepted, 'call', { task: target, group: [c, d] }), 'b')).toMatchObject({
      active: true,
      status: 'ACTIVE',
    });
    const alone = connection('a', inactive);
    expect(statusAfter(answered(accepted, 'call', { group: [alone] }))).toBe('ACTIVE/-');
  });
});
