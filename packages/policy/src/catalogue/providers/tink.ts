import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const docs = cited('https://docs.tink.com/resources');
const event = cited('https://docs.tink.com/resources/api-setup/event-refresh-finished');
const swagger = cited('https://github.com/tink-ab/tink-core-android, swagger.json');

/** Being limited looks like success: 204, and then nothing. Its cooldown is ours to keep. */
export const tink = {
  title: 'Tink',
  reachedThrough: ['tink'],
  duplicates: docs('twins', 'several consents can cover one account'),
  background: {
    owner: docs('provider'),
    every: docs('PT6H', 'as a rule, until sessionExpiryDate'),
  },
  forced: {
    available: docs(true, 'POST /api/v1/credentials/{credentialsId}/refresh'),
    unattended: ourChoice(false, 'neither a rule against it nor a header for a present customer was found'),
  },
  limits: [
    {
      name: 'tink-cooldown',
      limit: swagger(
        { kind: 'cooldown', scope: 'group', after: 'success', for: 'PT10M' },
        'every tenth minute, given that the last one succeeded; from an older SDK, the present value was not seen',
      ),
    },
  ],
  price: {
    currency: example('EUR'),
    perRequest: example('0.10'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  signals: {
    silentNoOp: event(
      { shows: 'status-unchanged', compare: 'statusUpdated' },
      'a limited request answers 204 too, and no refresh:finished is sent',
    ),
    consentEndsAt: docs('sessionExpiryDate'),
  },
  unknown: ['consent.life', 'signals.limited', 'signals.toldNextAt'],
} as const satisfies ProviderEntry;
