import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const practices = cited('https://api.basiq.io/docs/best-practices');
const reference = cited('https://api.basiq.io/reference/refreshconnection');
const rateLimits = cited(
  'https://github.com/basiqio-oss/Basiq-docs, docs/PLatform/api-integration/api-rate-limiting.md',
);
const webhooks = cited('https://github.com/basiqio-oss/Basiq-docs, reference/webhooks.json');

/** Basiq's docs are of Australia's CDR; the quota is of Open Banking connections, not of the older kind. */
export const basiq = {
  title: 'Basiq',
  reachedThrough: ['basiq'],
  duplicates: ourChoice('twins', 'a login given again makes another connection, which waits for six minutes'),
  background: {
    owner: practices('provider', 'once Basiq has switched its smart cache on; until then nothing comes by itself'),
    every: practices('P1D'),
  },
  forced: {
    available: reference(true, 'POST /users/{userId}/connections/{connectionId}/refresh'),
    unattended: practices(false, 'not in bulk by a timer, and not where Basiq has just refreshed'),
  },
  limits: [
    {
      name: 'basiq-daily',
      limit: practices(
        {
          kind: 'window',
          scope: 'connection',
          count: 20,
          per: { shape: 'rolling', length: 'PT24H' },
          counts: { origins: ['forced', 'background'] },
        },
        'a day; whether of the calendar is not said, nor what counts: so rolling, and all refreshes',
      ),
    },
  ],
  price: {
    currency: example('AUD'),
    perRequest: example('0.10', 'too much use may be charged extra'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  consent: {
    life: webhooks('P365D', 'CDR: at most twelve months'),
    warn: webhooks('P7D', 'consent.warning comes seven days before'),
  },
  signals: {
    limited: {
      '429': rateLimits({ in: 'http-status', httpStatus: 429 }),
      '403': rateLimits({ in: 'http-status', httpStatus: 403 }, 'may mean a limit too'),
    },
    silentNoOp: reference(
      { shows: 'same-task-id', compare: 'id' },
      'while a job is queued or runs: 200 with that first job, and no new one',
    ),
  },
  unknown: ['signals.toldNextAt'],
} as const satisfies ProviderEntry;
