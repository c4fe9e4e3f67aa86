import { describe, expect, test } from '@jest/globals';
import { HOUR } from '@freshet/domain';
import type { ClosureFacts, RefreshFacts, RefreshRequest } from '@freshet/domain';
import {
  budget,
  connection,
  connectionFacts,
  cooldown,
  DAY,
  facts,
  noon,
  policy,
  providerManaged,
  request,
} from '../../test/given.js';
import type { RefreshPolicy } from '../policy.js';
import { decideRefresh } from '../refresh/decide-refresh.js';
import { renderRefusal, type RenderedRefusal } from './render-refusal.js';

const refused = (
  seen: Partial<RefreshFacts> = {},
  asked: Partial<RefreshRequest> = {},
  rules: Partial<RefreshPolicy> = {},
): RenderedRefusal | undefined =>
  renderRefusal(decideRefresh(facts(seen), request({ mode: 'force', ...asked }), policy(rules)));

const inStatus = (status: string, statusReason: string | null = null): Partial<RefreshFacts> => ({
  asked: connectionFacts(connection('a', { status, statusReason })),
});
const closed = (kind: ClosureFacts['kind'], until: number | null): Partial<RefreshFacts> => ({
  closures: [{ scope: 'provider', scopeKey: '', kind, until }],
});

describe('a refusal', () => {
  test('says what, why, when it would pass and what to do instead', () => {
    const usage = { cooldown: { count: 1, oldestAt: noon - HOUR, latestAt: noon - HOUR } };
    const rendered = refused({ usage }, {}, { limits: [cooldown()], background: providerManaged });
    expect(rendered).toEqual({
      what: 'A limit of the provider is reached.',
      why: 'The limit cooldown (1 per group) is used up; it lets one pass at 2026-03-02T14:00:00.000Z.',
      when: 'It would pass at 2026-03-02T14:00:00.000Z.',
      instead: 'Asking earlier is refused too. The next background refresh is expected at 2026-03-02T13:00:00.000Z.',
      detail: `${rendered?.what} ${rendered?.why} ${rendered?.when} ${rendered?.instead}`,
    });
  });

  test.each<[string, RenderedRefusal | undefined, string | null, string]>([
    [
      'a login that is broken',
      refused(inStatus('RECONNECT_REQUIRED', 'LOGIN_REQUIRED')),
      null,
      'Send the customer through the repair of conn_a.',
    ],
    [
      'a connect that is open',
      refused(inStatus('IN_PROGRESS')),
      null,
      'Let the customer connect: conn_a is not linked.',
    ],
    [
      'a deleted connection',
      refused(inStatus('DELETED')),
      null,
      'Nothing brings this connection back: link the account anew.',
    ],
    [
      'a product',
      refused({}, { products: ['OWNERS'] }),
      null,
      'Ask for granted products, or add the product to the connection first.',
    ],
    ['a range', refused({}, { from: noon - DAY }), null, 'Ask for a range within reach, or for none.'],
    [
      'the customer',
      refused(inStatus('DEGRADED', 'INTERACTIVE_REFRESH')),
      null,
      'Ask again while the customer is there, and say so with customerPresent.',
    ],
    [
      'a provider that cannot be forced',
      refused({}, {}, { forced: { available: false, unattended: true, executor: 'engine' } }),
      null,
      'Ask without mode force, and take what background refreshes bring.',
    ],
    [
      'a pause',
      refused(closed('paused', null)),
      'Nobody has told when it would pass.',
      'Asking earlier is refused too; nothing is lost meanwhile.',
    ],
    [
      'a maintenance',
      refused(closed('maintenance', noon + HOUR)),
      'It would pass at 2026-03-02T13:00:00.000Z.',
      'Asking earlier is refused too; nothing is lost meanwhile.',
    ],
    [
      'a budget',
      refused({ budgets: [budget({ chargedMicros: 900_000 })] }),
      'It would pass at 2026-04-01T00:00:00.000Z.',
      'Wait until then, or raise the budget.',
    ],
    [
      'a budget that is smaller than the price',
      refused({ budgets: [budget({ amountMicros: 0 })] }),
      'Waiting does not help: it costs more than the budget ever has free.',
      'Raise the budget.',
    ],
    [
      'the pace of a budget',
      // Its 0.12 are a tenth of the amount: free after a tenth of 31 days.
      refused({ budgets: [budget({ amountMicros: 1_200_000, headStart: 0, chargedMicros: 0 })] }),
      'It would pass at 2026-03-04T02:24:00.000Z.',
      'Wait until then, or raise the budget.',
    ],
  ])('for want of %s', (_what, rendered, when, instead) => {
    expect(rendered).toMatchObject({ when, instead });
    expect(rendered?.detail).toBe(
      [rendered?.what, rendered?.why, when, instead].filter((text) => text !== null).join(' '),
    );
  });

  test('gives every reason of the gate that was hit, and none of those that were passed', () => {
    const both: Partial<RefreshFacts> = {
      closures: [
        { scope: 'provider', scopeKey: '', kind: 'paused', until: null },
        { scope: 'institution', scopeKey: '', kind: 'breaker', until: noon + HOUR },
      ],
    };
    expect(refused(both)?.why).toBe(
      'Forced refreshes of this provider are paused by an operator until somebody opens it. ' +
        'Forced refreshes of this institution are held back after failures in a row until 2026-03-02T13:00:00.000Z.',
    );
  });

  test('is nothing where nothing was refused', () => {
    expect(refused()).toBeUndefined();
  });
});
