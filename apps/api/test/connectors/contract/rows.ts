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

/** One connector, reaching one provider. A new connector is one more of these. */
export interface ConnectorRow {
  readonly title: string;
  readonly connector: string;
  readonly provider: string;
  readonly settings: (at: Addresses) => ConnectorsConfig;
  /** The nth connection that nobody has used yet, or another that its customer has over the same login. */
  readonly connection: (n: number, twin?: number) => RowConnection;
  readonly products: readonly Product[];
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
    // Meld's reply carries nothing that is needed.
    'an empty body': { answer: 'accepted' },
    'a word that nobody knows': { status: 'FROZEN' },
    ...more.means,
  },
});

/** Bought from Meld, but billed only for what they bring. */
const BILLED_ON_SUCCESS: ConnectorRow['means'] = { 'a login that fails': { charge: 'released', bills: 0 } };

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
    // A new one is fetched, and the call made with it: a 401 surely did nothing.
    'a token that is over': { answer: 'accepted', later: 'done', task: 'succeeded', charge: 'charged', bills: 1 },
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

export const connectorRows: readonly ConnectorRow[] = [
  meld('MX'),
  meld('PLAID', { means: BILLED_ON_SUCCESS }),
  meld('FINICITY', {
    presence: PRESENT,
    means: {
      ...BILLED_ON_SUCCESS,
      // Only with the customer there, whose address went with the first try and is not kept for a second.
      'nobody listens, and then somebody does': { task: 'expired', charge: 'released', bills: 0 },
    },
  }),
  bud('v2'),
  bud('v1'),
];
