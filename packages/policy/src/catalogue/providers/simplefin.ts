import { cited, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const developers = cited('https://beta-bridge.simplefin.org/info/developers');
const protocol = cited('https://www.simplefin.org/protocol.html');

/** Too many reads are not just refused: they get the access token switched off. */
export const simplefin = {
  title: 'SimpleFIN Bridge',
  reachedThrough: ['simplefin'],
  duplicates: ourChoice('twins', 'no rule was found, so nothing is merged'),
  background: {
    owner: developers('provider'),
    every: developers('P1D', 'about once in 24 hours'),
  },
  forced: {
    available: protocol(false, 'GET /accounts reads the stored copy'),
    unattended: protocol(false, 'there is nothing to force'),
  },
  limits: [
    {
      name: 'simplefin-daily',
      limit: developers(
        {
          kind: 'window',
          scope: 'connection',
          count: 24,
          per: { shape: 'rolling', length: 'PT24H' },
          counts: { origins: ['forced'] },
        },
        'of reads, refilled through the day; a single account has a quota of its own',
      ),
    },
  ],
  price: {
    currency: developers('USD'),
    perRequest: developers('0', 'the customer pays SimpleFIN: $1.50 and tax a month, or $15 a year'),
    billedOn: ourChoice('attempt', 'nothing is billed by the read'),
  },
  signals: {
    limited: {
      errors: developers(
        { in: 'field', httpStatus: 200, scope: 'connection', spent: 'day' },
        'a warning in errors or errlist first; who goes on is answered 403 for good',
      ),
    },
    silentNoOp: protocol({ shows: 'cached-body', compare: 'balance-date' }, 'every read, between two daily runs'),
  },
  unknown: ['consent.life', 'signals.toldNextAt'],
} as const satisfies ProviderEntry;
