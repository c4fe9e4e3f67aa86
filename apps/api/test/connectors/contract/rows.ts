import type { ConnectorsConfig } from '@freshet/connectors';
import type { CustomerPresence, Product } from '@freshet/domain';
import type { Credentials, RawWebhook } from '@freshet/ports';

import type { FaultName, Meaning } from './faults.js';

/** Where a connector under test finds the emulator, and is found by it. */
export interface Addresses {
  /** The proxy before the emulator. */
  readonly provider: string;
  /** The emulator itself: for what is not under test, such as keys. */
  readonly emulator: string;
  /** The address that its webhooks are sent to. */
  readonly webhooks: string;
}

export interface RowConnection {
  readonly externalId: string;
  readonly customerId: string;
  readonly institutionId: string;
  readonly providerConnectionId: string | null;
  readonly credentials: Credentials | null;
}

/** A connector, whoever makes the refreshes of its connections. */
export interface AnyConnectorRow {
  readonly title: string;
  readonly connector: string;
  readonly provider: string;
  readonly settings: (at: Addresses) => ConnectorsConfig;
  /** The nth connection that nobody has used yet, or another that its customer has over the same login. */
  readonly connection: (n: number, twin?: number) => RowConnection;
  readonly products: readonly Product[];
}

/** One connector that forces refreshes, reaching one provider. A new connector is one more of these. */
export interface ConnectorRow extends AnyConnectorRow {
  /** Null where nothing speaks against forcing it unattended. */
  readonly presence: CustomerPresence | null;
  /** The call that is billed, and the look at what came of it, as the proxy sees them. */
  readonly forces: RegExp;
  readonly looks: RegExp;
  /** What the provider answers to a token that is over, at the call that is billed. */
  readonly tokenEnded: { readonly status: number; readonly body: string };
  /** The reply to a look, with a word in it that nobody knows. */
  readonly unknownWord: (body: string) => string;
  /** Whether what is told of new data says when it came: else it counts as of its arrival, however late that is. */
  readonly webhooksTellTime: boolean;
  /** Each is not genuine. */
  readonly forgeries: Readonly<Record<string, (genuine: RawWebhook) => RawWebhook>>;
  /** Where a fault means something else here than it does in general. */
  readonly means: Readonly<Partial<Record<FaultName, Partial<Meaning>>>>;
}

export const addressesAt = (provider: string, emulator: string, webhooks: string): Addresses => ({
  provider,
  emulator,
  webhooks,
});

const without = (raw: RawWebhook, ...names: readonly string[]): RawWebhook => ({
  ...raw,
  headers: Object.fromEntries(Object.entries(raw.headers).filter(([name]) => !names.includes(name))),
});

/** For senders that sign: what a forger can do who has seen a genuine webhook and not the key. */
const forgedSignatures = (...signing: readonly string[]): ConnectorRow['forgeries'] => ({
  'with a byte changed': (raw) => ({ ...raw, body: Buffer.from(raw.body).fill('x', 5, 6) }),
  'with a blank added': (raw) => ({ ...raw, body: Buffer.concat([raw.body, Buffer.from(' ')]) }),
  'without a signature': (raw) => without(raw, ...signing),
  'signed with nonsense': (raw) => ({
    ...raw,
    headers: { ...raw.headers, ...Object.fromEntries(signing.map((name) => [name, 'bm9uc2Vuc2U='])) },
  }),
});

const PRODUCTS: readonly Product[] = ['BALANCES', 'TRANSACTIONS'];
const PRESENT: CustomerPresence = { ip: '203.0.113.7', userAgent: 'contract' };

type Means = ConnectorRow['means'];

/** The reply carries nothing that is needed. */
const NOTHING_IN_THE_BODY: Means = { 'an empty body': { answer: 'accepted', charge: 'charged' } };
/** Billed only for what it brings. */
const BILLED_ON_SUCCESS: Means = { 'a login that fails': { charge: 'released', bills: 0 } };
/** The reply itself says that the customer is needed: nothing starts. */
const AT_ONCE = { answer: 'customer-needed', later: null, task: 'reconnect_required' } as const;
const CUSTOMER_AT_ONCE: Means = {
  'a consent that was revoked': AT_ONCE,
  'a login that has to be made again before anything starts': AT_ONCE,
};
/** The customer's address went with the first try, and is not kept for a second. */
const ONLY_WITH_THE_CUSTOMER: Means = {
  'nobody listens, and then somebody does': { task: 'expired', charge: 'released', bills: 0 },
};
/** A new token is fetched, and the call made with it: a 401 surely did nothing. */
const RENEWED = { answer: 'accepted', later: 'done', task: 'succeeded', charge: 'charged', bills: 1 } as const;

const meld = (provider: string, more: Partial<ConnectorRow> = {}): ConnectorRow => ({
  title: `Meld, ${provider}`,
  connector: 'meld',
  provider,
  settings: (at) => ({
    meld: {
      apiKey: 'contract-key',
      baseUrl: `${at.provider}/meld`,
      webhookSecret: 'sandbox-meld-webhook-secret',
      webhookUrl: `${at.webhooks}/webhooks/meld`,
    },
  }),
  connection: (n, twin = 0) => ({
    externalId: `meld-${provider}-${n}-${twin}`,
    customerId: `customer-${n}`,
    institutionId: 'bank',
    providerConnectionId: `member-${n}`,
    credentials: null,
  }),
  products: PRODUCTS,
  presence: null,
  forces: /^POST \/meld\/.*\/refresh$/,
  looks: /^GET \/meld\/bank-linking\/connections\/[^/?]+$/,
  tokenEnded: { status: 401, body: '{"code":"UNAUTHORIZED","message":"Invalid credentials"}' },
  unknownWord: (body) => body.replace('"status":"ACTIVE"', '"status":"FROZEN"'),
  webhooksTellTime: true,
  forgeries: forgedSignatures('meld-signature'),
  ...more,
  means: {
    ...NOTHING_IN_THE_BODY,
    'a word that nobody knows': { status: 'FROZEN' },
    ...more.means,
  },
});

const bud = (version: 'v2' | 'v1'): ConnectorRow => ({
  title: `Bud ${version}`,
  connector: 'bud',
  provider: 'BUD',
  settings: (at) => ({
    bud: {
      clientId: 'contract-client',
      clientSecret: 'contract-secret',
      baseUrl: `${at.provider}/bud`,
      jwksUrl: `${at.emulator}/bud-callback.jwks`,
      redirectUrl: 'https://app.example/done',
      refreshVersion: version,
    },
  }),
  connection: (n, twin = 0) => ({
    externalId: `consent-${version}-${n}-${twin}`,
    customerId: `customer-${n}`,
    institutionId: 'Bank_Of_Bud',
    providerConnectionId: null,
    credentials: { customerId: `bud-customer-${n}` },
  }),
  products: PRODUCTS,
  presence: null,
  forces: /^POST \/bud\/.*\/refresh$/,
  looks: /^GET \/bud\/.*\/refresh\/[^/?]+$/,
  tokenEnded: { status: 401, body: '{"code_id":"token_expired"}' },
  unknownWord: (body) =>
    body.replaceAll('"result":"success"', '"result":"melted"').replaceAll('"status":"Completed"', '"status":"Melted"'),
  webhooksTellTime: version === 'v2',
  forgeries: forgedSignatures('x-signature'),
  means: {
    'a token that is over': RENEWED,
    // Whether Bud bills a refresh that found no consent is not known: it is counted, so that no budget is overrun.
    'a consent that was revoked': { answer: 'accepted', task: 'reconnect_required', charge: 'charged' },
    'a login that fails': { status: 'RECONNECT_REQUIRED/LOGIN_REQUIRED' },
    'a login that has to be made again before anything starts': {
      answer: 'accepted',
      task: 'reconnect_required',
      charge: 'charged',
      bills: 1,
    },
    // One bank a refresh: it comes, or it does not.
    'a part of it': { later: 'unavailable', task: 'failed', status: 'DEGRADED/INSTITUTION_CURRENTLY_UNAVAILABLE' },
    'a word that nobody knows': { later: 'unknown', task: 'failed', charge: 'uncertain', status: 'in doubt' },
  },
});

/** For senders that sign nothing: the address is the secret. */
const forgedAddresses: ConnectorRow['forgeries'] = {
  'to an address without the secret': (raw) => ({ ...raw, secret: null }),
  'to another address': (raw) => ({ ...raw, secret: 'guessed' }),
};

const plaid: ConnectorRow = {
  title: 'Plaid',
  connector: 'plaid',
  provider: 'PLAID',
  settings: (at) => ({
    plaid: {
      clientId: 'contract-client',
      secret: 'contract-secret',
      baseUrl: `${at.provider}/plaid`,
      clientName: 'Contract',
      redirectUrl: 'https://app.example/done',
      webhookUrl: `${at.webhooks}/webhooks/plaid`,
    },
  }),
  // Each link is an Item of its own, with a token of its own.
  connection: (n, twin = 0) => ({
    externalId: `item-${n}-${twin}`,
    customerId: `customer-${n}`,
    institutionId: 'ins_3',
    providerConnectionId: null,
    credentials: { accessToken: `access-sandbox-${n}-${twin}` },
  }),
  // One call: each product that has a call of its own is billed apart.
  products: ['TRANSACTIONS'],
  presence: null,
  forces: /^POST \/plaid\/transactions\/refresh$/,
  looks: /^POST \/plaid\/item\/get$/,
  tokenEnded: { status: 400, body: '{"error_type":"INVALID_INPUT","error_code":"INVALID_ACCESS_TOKEN"}' },
  unknownWord: (body) => body.replace('"error":null', '"error":{"error_type":"ITEM_ERROR","error_code":"MELTED"}'),
  webhooksTellTime: false,
  forgeries: forgedSignatures('plaid-verification'),
  means: {
    ...NOTHING_IN_THE_BODY,
    ...CUSTOMER_AT_ONCE,
    ...BILLED_ON_SUCCESS,
    // Plaid knows no part of a product: it comes, or it does not.
    'a part of it': {
      ...{ later: 'unavailable', task: 'failed', charge: 'released', bills: 0 },
      status: 'DEGRADED/INSTITUTION_CURRENTLY_UNAVAILABLE',
    },
    'a word that nobody knows': { status: 'MELTED' },
  },
};

const mx: ConnectorRow = {
  title: 'MX',
  connector: 'mx',
  provider: 'MX',
  settings: (at) => ({
    mx: {
      clientId: 'contract-client',
      apiKey: 'contract-key',
      baseUrl: `${at.provider}/mx`,
      webhookSecret: 'sandbox-mx-webhook-secret',
      redirectUrl: 'https://app.example/done',
    },
  }),
  connection: (n, twin = 0) => ({
    externalId: `MBR-${n}-${twin}`,
    customerId: `customer-${n}`,
    institutionId: 'mxbank',
    providerConnectionId: null,
    credentials: { userGuid: `USR-${n}` },
  }),
  products: PRODUCTS,
  presence: null,
  forces: /^POST \/mx\/users\/[^/]+\/members\/[^/]+\/(aggregate|check_balance|extend_history)(\?|$)/,
  looks: /^GET \/mx\/users\/[^/]+\/members\/[^/]+\/status$/,
  tokenEnded: { status: 401, body: '{"error":{"message":"Unauthorized"}}' },
  unknownWord: (body) => body.replace('"connection_status":"CONNECTED"', '"connection_status":"MELTED"'),
  webhooksTellTime: true,
  forgeries: forgedAddresses,
  means: {
    ...NOTHING_IN_THE_BODY,
    ...CUSTOMER_AT_ONCE,
    // MX has one word for an ended consent and a login that does not open.
    'a consent that was revoked': { ...AT_ONCE, status: 'RECONNECT_REQUIRED/LOGIN_REQUIRED' },
    'a word that nobody knows': { status: 'MELTED' },
  },
};

const finicity: ConnectorRow = {
  title: 'Finicity',
  connector: 'finicity',
  provider: 'FINICITY',
  settings: (at) => ({
    finicity: {
      partnerId: 'contract-partner',
      partnerSecret: 'contract-secret',
      appKey: 'contract-key',
      baseUrl: `${at.provider}/finicity`,
      webhookSecret: 'sandbox-finicity-webhook-secret',
      webhookUrl: `${at.webhooks}/webhooks/finicity/sandbox-finicity-webhook-secret`,
    },
  }),
  connection: (n, twin = 0) => ({
    externalId: String(1_007_302_000 + 10 * n + twin),
    customerId: `customer-${n}`,
    institutionId: 'bank',
    providerConnectionId: null,
    credentials: { customerId: String(1_005_061_000 + n) },
  }),
  products: PRODUCTS,
  presence: PRESENT,
  forces: /^POST \/finicity\/aggregation\/v1\/customers\/[^/]+\/institutionLogins\/[^/]+\/accounts(\?|$)/,
  looks: /^GET \/finicity\/aggregation\/v1\/customers\/[^/]+\/institutionLogins\/[^/]+\/accounts$/,
  tokenEnded: { status: 401, body: '{"code":"10022","message":"Invalid token"}' },
  unknownWord: (body) => body.replaceAll('"aggregationStatusCode":0', '"aggregationStatusCode":31337'),
  webhooksTellTime: true,
  forgeries: forgedAddresses,
  means: {
    ...NOTHING_IN_THE_BODY,
    ...CUSTOMER_AT_ONCE,
    ...BILLED_ON_SUCCESS,
    ...ONLY_WITH_THE_CUSTOMER,
    'a token that is over': RENEWED,
  },
};

export const connectorRows: readonly ConnectorRow[] = [
  meld('MX'),
  meld('PLAID', { means: BILLED_ON_SUCCESS }),
  meld('FINICITY', { presence: PRESENT, means: { ...BILLED_ON_SUCCESS, ...ONLY_WITH_THE_CUSTOMER } }),
  bud('v2'),
  bud('v1'),
  plaid,
  mx,
  finicity,
];

/** A pull-through: its callers read by permit, and what is left to it is to keep their tokens. */
const akoya: AnyConnectorRow = {
  title: 'Akoya',
  connector: 'akoya',
  provider: 'AKOYA',
  settings: (at) => ({
    akoya: { clientId: 'contract-client', clientSecret: 'contract-secret', baseUrl: `${at.provider}/akoya` },
  }),
  connection: (n, twin = 0) => ({
    externalId: `akoya-${n}-${twin}`,
    customerId: `customer-${n}`,
    institutionId: 'bank',
    providerConnectionId: null,
    credentials: { refreshToken: `refresh-${n}-${twin}` },
  }),
  products: PRODUCTS,
};

/** All of them: for what is asked of every connector. */
export const everyRow: readonly AnyConnectorRow[] = [...connectorRows, akoya];
