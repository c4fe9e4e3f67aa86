// Makes examples/connections.json: the same file at every run, because its chance is seeded. Run it after a change:
// `node examples/make-connections.mjs`. The times in it hang together around ANCHOR; the first start in sandbox mode moves
// them all so that the newest is a moment ago.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SEED = 20_261_121;
const ANCHOR = Date.parse('2026-11-21T09:00:00.000Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** mulberry32: small, seeded, and good enough to spread examples. */
const random = (() => {
  let state = SEED;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
})();
const between = (low, high) => low + Math.floor(random() * (high - low + 1));
const pick = (list) => list[between(0, list.length - 1)];
const ago = (ms) => new Date(ANCHOR - ms).toISOString();

/** How many of each, and how they are reached. YODLEE is in nobody's catalogue yet: it is never forced. */
const kinds = [
  { provider: 'MX', connector: 'meld', count: 80, prefix: 'mx', banks: ['chase', 'bofa', 'usbank', 'ally'] },
  {
    provider: 'PLAID',
    connector: 'meld',
    count: 70,
    prefix: 'plaid',
    banks: ['ins_3', 'ins_4', 'ins_56', 'ins_128026'],
  },
  { provider: 'FINICITY', connector: 'meld', count: 50, prefix: 'fin', banks: ['wells', 'citi', 'pnc'] },
  { provider: 'AKOYA', connector: 'meld', count: 30, prefix: 'ako', banks: ['fidelity', 'td'] },
  { provider: 'BUD', connector: 'bud', count: 60, prefix: 'bud', banks: ['hsbc', 'monzo', 'barclays', 'natwest'] },
  { provider: 'YODLEE', connector: 'meld', count: 14, prefix: 'yod', banks: ['discover'] },
];
const every = ['BALANCES', 'TRANSACTIONS', 'IDENTIFIERS', 'OWNERS', 'INVESTMENT_HOLDINGS', 'INVESTMENT_TRANSACTIONS'];

/** Mostly healthy, and every status with every reason somewhere. */
const troubles = [
  ['ACTIVE', 'ACCESS_EXPIRING_SOON'],
  ['ACTIVE', 'NEW_ACCOUNTS_AVAILABLE'],
  ['PARTIALLY_ACTIVE', 'PARTIAL_AGGREGATION_SUCCESS'],
  ['DEGRADED', 'INSTITUTION_CURRENTLY_UNAVAILABLE'],
  ['DEGRADED', 'INSTITUTION_ACTION_REQUIRED'],
  ['DEGRADED', 'SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE'],
  ['DEGRADED', 'INTERACTIVE_REFRESH'],
  ['UNDETERMINED', null],
  ['RECONNECT_REQUIRED', 'LOGIN_REQUIRED'],
  ['RECONNECT_REQUIRED', 'REPAIRING_INSTITUTION'],
  ['RECONNECT_REQUIRED', 'TOKEN_EXPIRED'],
  ['RECONNECT_REQUIRED', 'OTHER'],
  ['UNRECOVERABLE', 'CONTINUED_AGGREGATION_FAILURES'],
  ['IN_PROGRESS', null],
  ['EXPIRED', null],
  ['DELETED', null],
];

const withStatus = (connection, index) => {
  if (index % 4 !== 0) return connection;
  const [status, statusReason] = troubles[(index / 4) % troubles.length];
  const known = { ...connection, status, ...(statusReason === null ? {} : { statusReason }) };
  if (statusReason === 'ACCESS_EXPIRING_SOON') return { ...known, consentExpiresAt: ago(-between(1, 6) * DAY) };
  if (status !== 'IN_PROGRESS' && status !== 'EXPIRED') return known;
  // Never linked: nothing has come yet. The one in progress was started a moment ago.
  const { lastSuccessAt: _none, providerConnectionId: _unknown, ...unlinked } = known;
  return { ...unlinked, connectedAt: status === 'IN_PROGRESS' ? ago(0.5 * HOUR) : ago(9 * HOUR) };
};

const productsFor = (provider) => {
  if (provider === 'BUD') return every.slice(0, between(1, 3));
  return every
    .slice(0, between(2, 4))
    .concat(random() < 0.2 ? ['INVESTMENT_HOLDINGS'] : [])
    .filter((product, index, all) => all.indexOf(product) === index);
};

const connectionOf = (kind, index) => {
  const number = String(index).padStart(4, '0');
  const lastSuccess = index % 9 === 5 ? between(3, 20) * DAY : between(4 * HOUR, 23 * HOUR);
  const connection = {
    externalId: `${kind.connector}-${kind.prefix}-${number}`,
    connector: kind.connector,
    provider: kind.provider,
    customerId: `cust-${String(between(1, 120)).padStart(3, '0')}`,
    institutionId: pick(kind.banks),
    providerConnectionId: `${kind.prefix}-member-${number}`,
    products: productsFor(kind.provider),
    lastSuccessAt: ago(lastSuccess),
    connectedAt: ago(lastSuccess + between(20, 200) * DAY),
    ...(kind.provider === 'BUD' ? { consentExpiresAt: ago(-between(10, 80) * DAY) } : {}),
  };
  return withStatus(connection, index);
};

/** The customer linked the same login twice or three times: one provider connection behind several of Meld's. */
const twinsOf = (connections) =>
  connections
    .filter(
      ({ provider, status }, index) => ['MX', 'FINICITY'].includes(provider) && status === undefined && index % 7 === 3,
    )
    .flatMap((connection) =>
      Array.from({ length: between(1, 2) }, (_, copy) => ({
        ...connection,
        externalId: `${connection.externalId}-again-${copy + 1}`,
        lastSuccessAt: new Date(Date.parse(connection.lastSuccessAt) - (copy + 1) * DAY).toISOString(),
      })),
    );

/** The connections that the README's tour walks through, each of a customer that is easily found. */
const tour = [
  {
    externalId: 'meld-mx-tour',
    connector: 'meld',
    provider: 'MX',
    customerId: 'ada',
    institutionId: 'chase',
    providerConnectionId: 'mx-member-ada',
    products: ['BALANCES', 'TRANSACTIONS'],
    lastSuccessAt: ago(20 * HOUR),
    connectedAt: ago(90 * DAY),
  },
  {
    externalId: 'bud-tour',
    connector: 'bud',
    provider: 'BUD',
    customerId: 'grace',
    institutionId: 'monzo',
    products: ['BALANCES', 'TRANSACTIONS'],
    lastSuccessAt: ago(20 * HOUR),
    connectedAt: ago(60 * DAY),
    consentExpiresAt: ago(-30 * DAY),
  },
  {
    externalId: 'meld-mx-twin-new',
    connector: 'meld',
    provider: 'MX',
    customerId: 'linus',
    institutionId: 'ally',
    providerConnectionId: 'mx-member-linus',
    products: ['BALANCES', 'TRANSACTIONS'],
    status: 'ACTIVE',
    statusReason: 'ACCESS_EXPIRING_SOON',
    lastSuccessAt: ago(8 * HOUR),
    connectedAt: ago(10 * DAY),
    consentExpiresAt: ago(-5 * DAY),
  },
  {
    externalId: 'meld-mx-twin-old',
    connector: 'meld',
    provider: 'MX',
    customerId: 'linus',
    institutionId: 'ally',
    providerConnectionId: 'mx-member-linus',
    products: ['BALANCES', 'TRANSACTIONS'],
    lastSuccessAt: ago(30 * DAY),
    connectedAt: ago(300 * DAY),
  },
  {
    externalId: 'meld-plaid-tour',
    connector: 'meld',
    provider: 'PLAID',
    customerId: 'margaret',
    institutionId: 'ins_3',
    providerConnectionId: 'plaid-item-margaret',
    products: ['BALANCES', 'TRANSACTIONS'],
    status: 'RECONNECT_REQUIRED',
    statusReason: 'LOGIN_REQUIRED',
    lastSuccessAt: ago(4 * DAY),
    connectedAt: ago(200 * DAY),
  },
];

const made = kinds.flatMap((kind) => Array.from({ length: kind.count }, (_, index) => connectionOf(kind, index + 1)));
const connections = [...tour, ...made, ...twinsOf(made)];
const file = fileURLToPath(new URL('connections.json', import.meta.url));
writeFileSync(file, `${JSON.stringify({ connections }, null, 2)}\n`);
console.log(`${connections.length} connections written to examples/connections.json`);
