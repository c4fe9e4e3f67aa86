import { describe, expect, test } from '@jest/globals';
import { reasonBelongs } from '@freshet/domain';
import fc from 'fast-check';

import { json } from '../http/fixtures/replies.js';
import { NOW, refreshCall } from '../http/fixtures/calls.js';
import { failedByCodes } from './accounts.js';
import { refreshAnswerOf } from './answers.js';
import { codeRowOf, codeRows, heaviest } from './codes.js';

/** What a forced refresh comes to that is answered with the code, by whatever HTTP status. */
const answers: Readonly<Record<string, string>> = {
  '101': 'unavailable institution',
  '102': 'unavailable institution',
  '103': 'customer-needed failed_login_required',
  '104': 'unavailable institution',
  '105': 'unavailable institution',
  '106': 'customer-needed failed_otherwise',
  '108': 'customer-needed failed_action_required',
  '109': 'customer-needed failed_login_required',
  '169': 'customer-needed failed_otherwise',
  '171': 'unavailable institution',
  '179': 'unavailable institution',
  '185': 'customer-needed failed_login_required',
  '187': 'customer-needed failed_login_required',
  '194': 'unavailable institution',
  '197': 'unavailable institution',
  '204': 'unavailable institution',
  '325': 'busy',
  '331': 'customer-needed failed_login_required',
  '417': 'unavailable institution',
  '525': 'unavailable institution',
  '905': 'unavailable institution',
  '906': 'unavailable institution',
  '907': 'unavailable institution',
  '938': 'customer-needed failed_login_required',
  '940': 'customer-needed failed_login_required',
  '945': 'customer-needed failed_otherwise',
  '946': 'customer-needed failed_otherwise',
  '947': 'customer-needed failed_token_expired',
  '948': 'customer-needed failed_login_required',
  '959': 'customer-needed failed_action_required',
  '961': 'customer-needed failed_action_required',
  '971': 'customer-needed failed_login_required',
  '972': 'refused',
  '976': 'refused',
  '981': 'refused',
  '1415': 'unavailable institution',
  '11000': 'unavailable institution',
  '44002': 'limited institution',
};

const inWords = (answer: object): string => {
  const { kind, event, who, scope } = answer as Record<string, string | undefined>;
  return [kind, event ?? who ?? scope].filter((word) => word !== undefined).join(' ');
};

describe('a code in a body', () => {
  const known = Object.keys(codeRows).filter((code) => codeRowOf(code)?.leavesCallOpen !== true && code !== '0');

  test('every one of the table has an answer here', () => {
    expect(known.sort()).toEqual(Object.keys(answers).sort());
  });

  test.each(Object.entries(answers))('%s is %s, as a number or as digits, with any HTTP status', (code, words) => {
    for (const status of [200, 202, 400, 408, 500, 503]) {
      for (const spelled of [code, Number(code)]) {
        for (const body of [
          { code: spelled, message: 'what the customer typed was wrong' },
          { aggregationStatusCode: spelled },
          { Errors: { Error: [{ ReasonCode: spelled, Recoverable: false }] } },
        ]) {
          const answer = refreshAnswerOf(json(status, body), refreshCall(), NOW, NOW);
          expect([status, inWords(answer)]).toEqual([status, words]);
          expect(JSON.stringify(answer)).not.toContain('typed');
        }
      }
    }
  });

  test.each(['500', '504'])('%s leaves open whether anything happened', (code) => {
    expect(refreshAnswerOf(json(500, { code }), refreshCall(), NOW, NOW).kind).toBe('unknown');
    expect(inWords(failedByCodes([code]))).toBe('unavailable institution');
  });

  test('an unknown one goes by HTTP as an answer, and is for good as an end', () => {
    const answer = (status: number) => refreshAnswerOf(json(status, { code: '86' }), refreshCall(), NOW, NOW).kind;
    expect([answer(500), answer(400), answer(202)]).toEqual(['unknown', 'refused', 'accepted']);
    expect(failedByCodes(['86'])).toEqual({ kind: 'refused', message: 'Finicity ended the refresh with code 86' });
  });

  test("the bank's limit names what is spent, and the time where it is told", () => {
    const reply = json(202, { code: 44002 }, { 'retry-after': '60' });
    expect(refreshAnswerOf(reply, refreshCall(), NOW, NOW)).toEqual({
      kind: 'limited',
      until: NOW + 60_000,
      scope: 'institution',
      said: '44002',
    });
  });

  test('nothing that a body can hold throws', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.jsonValue(), (status, body) => {
        expect(typeof refreshAnswerOf(json(status, body), refreshCall(), NOW, NOW).kind).toBe('string');
        expect(typeof refreshAnswerOf(json(status, { code: body }), refreshCall(), NOW, NOW).kind).toBe('string');
      }),
    );
    for (const code of ['toString', '__proto__', '-1', '1e3', '1234567', 'NaN']) {
      expect(refreshAnswerOf(json(400, { code }), refreshCall(), NOW, NOW)).toMatchObject({
        kind: 'refused',
        message: 'Finicity does not take the request (HTTP 400)',
      });
    }
  });
});

describe('the table', () => {
  test('names statuses that are, with reasons of theirs', () => {
    for (const code of Object.keys(codeRows)) {
      const status = codeRowOf(code)?.status ?? null;
      if (status?.reason == null) continue;
      expect([code, reasonBelongs(status.status, status.reason)]).toEqual([code, true]);
    }
  });

  test('the heaviest code is what only the customer can mend', () => {
    expect(heaviest([])).toBeNull();
    expect(heaviest(['102', '44002', '103', '972'])).toBe('103');
    expect(heaviest(['102', '44002'])).toBe('44002');
    expect(heaviest(['102', '86'])).toBe('86');
    expect(heaviest(['103', '185'])).toBe('103');
  });
});
