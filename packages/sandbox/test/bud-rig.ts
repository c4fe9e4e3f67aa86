import type { SandboxOptions } from '../src/index.js';
import { SECOND, startRig, type Reply, type Rig } from './rig.js';

export const CUSTOMER = 'c3339af9-2426-44d4-9c4d-ddb8fd281e23';
export const CLIENT = 'client-1';
const V2 = '/open-banking/v2/refresh';
const V1 = '/v1/open-banking/refresh';

export interface BudRig extends Rig {
  token(form?: Record<string, string>, headers?: Record<string, string>): Promise<Reply>;
  /** As the customer, with a token that has not expired. */
  bud(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  v2(body?: unknown): Promise<Reply>;
  v1(body: unknown): Promise<Reply>;
  v2Task(id: string): Promise<Reply['body']>;
  v1Task(id: string): Promise<Reply['body']>;
  consent(id: string, more?: object): Promise<Reply>;
  /** All of the customer's, as Bud lists them. */
  consents(): Promise<Reply['body'][]>;
}

export async function startBudRig(options: SandboxOptions = {}): Promise<BudRig> {
  const rig = await startRig(options);
  const basic = `Basic ${Buffer.from(`${CLIENT}:secret`).toString('base64')}`;
  const token: BudRig['token'] = (form = { grant_type: 'client_credentials' }, headers = {}) => {
    const defaults = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-client-id': CLIENT,
      authorization: basic,
    };
    return rig.send('POST', '/bud/v1/oauth/token', new URLSearchParams(form).toString(), { ...defaults, ...headers });
  };
  let held = { authorization: '', until: 0 };
  const authorization = async (): Promise<string> => {
    if (held.until > rig.sandbox.now()) return held.authorization;
    const { access_token: access, expires_in: lifeS } = (await token()).body.data;
    held = { authorization: `Bearer ${access}`, until: rig.sandbox.now() + lifeS * SECOND };
    return held.authorization;
  };
  const bud: BudRig['bud'] = async (method, path, body, headers = {}) => {
    const defaults = { authorization: await authorization(), 'x-client-id': CLIENT, 'x-customer-id': CUSTOMER };
    return rig.send(method, `/bud${path}`, body, { ...defaults, ...headers });
  };
  // A spread would read the getter of the emulator once, and miss its restarts.
  return Object.assign(Object.create(rig) as Rig, {
    token,
    bud,
    v2: (body?: unknown) => bud('POST', V2, body),
    v1: (body: unknown) => bud('POST', V1, body),
    v2Task: async (id: string) => (await bud('GET', `${V2}/${id}`)).body,
    v1Task: async (id: string) => (await bud('GET', `${V1}/${id}`)).body,
    consent: (id: string, more: object = {}) =>
      rig.register({
        connector: 'bud',
        provider: 'BUD',
        externalId: id,
        institutionId: 'Monzo',
        customerId: 'cust-1',
        credentials: { customerId: CUSTOMER },
        products: ['BALANCES', 'TRANSACTIONS'],
        ...more,
      }),
    consents: async () => (await bud('GET', '/v1/open-banking/account-access-consents?status=all')).body.data,
  });
}
