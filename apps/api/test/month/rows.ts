import type { Random } from '../connectors/lost-replies/random.js';

/** A connection as it is imported. */
export interface ImportedRow {
  readonly externalId: string;
  readonly connector: string;
  readonly provider: string;
  readonly customerId: string;
  readonly institutionId: string;
  readonly products: readonly string[];
  readonly providerConnectionId?: string;
  readonly status?: string;
  readonly statusReason?: string;
  readonly lastSuccessAt?: string;
  readonly consentExpiresAt?: string;
  readonly connectedAt?: string;
}

interface Kind {
  readonly connector: string;
  readonly provider: string;
  readonly institutionId: string;
  readonly products: readonly string[];
  readonly externalId: (n: number) => string;
}

const BOTH = ['BALANCES', 'TRANSACTIONS'];

const throughMeld = (provider: string, institutionId: string): Kind => ({
  ...{ connector: 'meld', provider, institutionId, products: BOTH },
  externalId: (n) => `month-meld-${provider.toLowerCase()}-${n}`,
});

/** Every way to every provider that the emulator speaks for. */
export const kinds: readonly Kind[] = [
  throughMeld('MX', 'chase'),
  throughMeld('PLAID', 'ins_3'),
  throughMeld('FINICITY', 'wells'),
  throughMeld('AKOYA', 'fidelity'),
  throughMeld('BUD', 'monzo'),
  {
    ...{ connector: 'plaid', provider: 'PLAID', institutionId: 'ins_4', products: BOTH },
    externalId: (n) => `month-item-${n}`,
  },
  {
    ...{ connector: 'mx', provider: 'MX', institutionId: 'mxbank', products: BOTH },
    externalId: (n) => `MBR-month-${n}`,
  },
  {
    ...{ connector: 'finicity', provider: 'FINICITY', institutionId: 'citi', products: BOTH },
    externalId: (n) => String(1_009_900_000 + n),
  },
  {
    ...{ connector: 'bud', provider: 'BUD', institutionId: 'Monzo', products: BOTH },
    externalId: (n) => `month-consent-${n}`,
  },
  // Each read of a permit is one bill: what is permitted is one read.
  {
    ...{ connector: 'akoya', provider: 'AKOYA', institutionId: 'mikomo', products: ['BALANCES'] },
    externalId: (n) => `month-akoya-${n}`,
  },
];

/** Of each kind, at the start. */
const OF_EACH = 3;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** One more of a kind: nobody's twin. */
export const rowOf = (kind: Kind, n: number, more: Partial<ImportedRow> = {}): ImportedRow => ({
  externalId: kind.externalId(n),
  connector: kind.connector,
  provider: kind.provider,
  customerId: `month-customer-${kind.connector}-${kind.provider}-${n}`,
  institutionId: kind.institutionId,
  products: kind.products,
  ...more,
});

const kindOf = (connector: string, provider: string): Kind =>
  kinds.find((kind) => kind.connector === connector && kind.provider === provider) as Kind;

const MX_THROUGH_MELD = kindOf('meld', 'MX');
export const AKOYA = kindOf('akoya', 'AKOYA');
const PLAID_ITEM = kindOf('plaid', 'PLAID');
const FINICITY_THROUGH_MELD = kindOf('meld', 'FINICITY');

/** The names by which the tests know what was planted. */
export const planted = {
  /** Two Items of one customer at one bank: Plaid bills both. */
  billedTwins: ['month-twin-item-1', 'month-twin-item-2'],
  /** Its provider stops pulling it on the tenth day, and tells nobody. */
  silent: 'month-silent-1',
  /** A connect that nobody completes, and nobody tells of. */
  abandoned: 'month-abandoned-1',
  /** A connect that was completed, of which the webhook was lost. */
  untold: 'month-untold-1',
  /** Its consent ends on the twentieth day. */
  ending: 'month-ending-1',
  /** Its consent ends two weeks after the month. */
  expiring: 'month-expiring-1',
} as const;

const ago = (now: number, ms: number): string => new Date(now - ms).toISOString();

/** What is there on the first day. */
export const firstRows = (now: number, random: Random): readonly ImportedRow[] => [
  ...kinds.flatMap((kind) =>
    Array.from({ length: OF_EACH }, (_, n) =>
      rowOf(kind, n, { lastSuccessAt: ago(now, HOUR * (1 + random.below(20))), connectedAt: ago(now, 40 * DAY) }),
    ),
  ),
  ...Array.from({ length: 3 }, (_, n) =>
    rowOf(MX_THROUGH_MELD, 100 + n, {
      customerId: 'month-mx-twins',
      providerConnectionId: 'month-member',
      lastSuccessAt: ago(now, HOUR * (2 + n)),
    }),
  ),
  ...Array.from({ length: 2 }, (_, n) =>
    rowOf(FINICITY_THROUGH_MELD, 100 + n, {
      customerId: 'month-finicity-twins',
      providerConnectionId: 'month-login',
      lastSuccessAt: ago(now, HOUR * (2 + n)),
    }),
  ),
  ...planted.billedTwins.map((externalId) =>
    rowOf(PLAID_ITEM, 0, { externalId, customerId: 'month-plaid-twins', lastSuccessAt: ago(now, 3 * HOUR) }),
  ),
  rowOf(MX_THROUGH_MELD, 0, { externalId: planted.silent, customerId: 'month-silent', lastSuccessAt: ago(now, HOUR) }),
  rowOf(MX_THROUGH_MELD, 0, {
    externalId: planted.expiring,
    customerId: 'month-expiring',
    lastSuccessAt: ago(now, HOUR),
    consentExpiresAt: new Date(now + 44 * DAY).toISOString(),
  }),
  rowOf(MX_THROUGH_MELD, 0, {
    externalId: planted.ending,
    customerId: 'month-ending',
    lastSuccessAt: ago(now, HOUR),
    consentExpiresAt: new Date(now + 20 * DAY).toISOString(),
  }),
];

/** Connects that were begun a moment ago. */
export const connects = (): readonly ImportedRow[] =>
  [planted.abandoned, planted.untold].map((externalId) =>
    rowOf(MX_THROUGH_MELD, 0, { externalId, customerId: externalId, status: 'IN_PROGRESS' }),
  );

export const faultNames = [
  '429',
  '500',
  'timeout',
  'lost-reply',
  'login-required',
  'partial',
  'no-webhook',
  'duplicate-webhook',
  'late-webhook',
  'silent-noop',
  'reconnect-required',
] as const;

export type FaultName = (typeof faultNames)[number];

/** A hard budget that is met, and soft money for the rest; the leash of a real customer. */
export const POLICY = {
  version: 1,
  budgets: [
    { name: 'plaid-month', provider: 'PLAID', period: 'month', timeZone: 'UTC', amount: '18.00', currency: 'USD' },
    { name: 'mx-day', provider: 'MX', period: 'day', timeZone: 'Europe/London', amount: '1.00', currency: 'USD' },
    { name: 'bud-day', provider: 'BUD', period: 'day', timeZone: 'UTC', amount: '0.60', currency: 'GBP' },
  ],
};
