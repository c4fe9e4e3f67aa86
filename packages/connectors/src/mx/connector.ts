import type { RefreshAnswer } from '@freshet/domain';
import type { Connector, RefreshCall, RefreshContext } from '@freshet/ports';

import { notSent } from '../http/failure.js';
import { createMxClient, type MxClient } from './client.js';
import { jobFor } from './jobs.js';
import type { MxSettings } from './settings.js';
import {
  beforeCall,
  changeAnswerOf,
  linkAnswerOf,
  memberIn,
  progressAnswerOf,
  startAnswerOf,
  shownOf,
} from './translate.js';
import { proofOf, translateMxWebhook, verifyMxWebhook } from './webhook.js';

const refused = (message: string) => ({ kind: 'refused', message }) as const;

/** The member is read first, for nothing: MX takes a job that it will not do, and says so nowhere. */
const refreshThrough = async (client: MxClient, call: RefreshCall, context: RefreshContext): Promise<RefreshAnswer> => {
  const job = jobFor(call, context.now());
  if (job === null) return refused(`MX brings ${call.products.join(', ')} by another job than a refresh`);
  const before = beforeCall(await client.member(call, context.signal), call, context.now());
  if (!before.clear) return before.answer;
  if (context.signal.aborted) return notSent('MX');
  await context.sending();
  return startAnswerOf(await client.start(job, call, context.signal), before.member, context.now());
};

export const createMxConnector = (settings: MxSettings): Connector => {
  const client = createMxClient(settings);
  const proof = proofOf(settings);
  const redirectUrl = settings.redirectUrl || null;
  return {
    name: 'mx',
    capabilities: {
      refresh: true,
      repair: true,
      addProducts: false,
      delete: true,
      imports: [],
      tellsStatus: true,
      showsRepair: true,
      showsData: true,
      webhooks: proof !== null,
    },
    refresh: (call, context) => refreshThrough(client, call, context),
    progress: async (call, { signal, now }) => progressAnswerOf(await client.status(call, signal), call, now()),
    status: async (call, { signal }) => {
      // A 404 is no DELETED: a key of the other environment does not know any member.
      const member = memberIn(await client.status(call, signal));
      return member === null ? null : shownOf(member);
    },
    repair: async (call, { signal, now }) => linkAnswerOf(await client.widget(call, redirectUrl, signal), now()),
    addProducts: async () => refused('MX keeps no products on a member: each refresh says what it brings'),
    delete: async (call, { signal, now }) => changeAnswerOf(await client.remove(call, signal), now()),
    import: async () => refused('MX has no import: the customer makes the member, in the widget'),
    verifyWebhook: async (raw) => verifyMxWebhook(raw, proof),
    translateWebhook: translateMxWebhook,
  };
};
