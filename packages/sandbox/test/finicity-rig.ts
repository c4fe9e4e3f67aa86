import type { SandboxOptions } from '../src/index.js';
import { SECOND, startRig, type Reply, type Rig } from './rig.js';

export const CUSTOMER = '1005061234';
export const LOGIN = '1007302745';
export const seconds = (time: number): number => Math.floor(time / SECOND);
const LIFE_MS = 2 * 60 * 60_000;
const KEY = { 'finicity-app-key': 'key' };

export interface FinicityRig extends Rig {
  token(body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** With the app's key and a token that has not expired. */
  finicity(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  v1(loginId?: string): Promise<Reply>;
  v2(loginId?: string): Promise<Reply>;
  accounts(loginId?: string): Promise<Reply['body'][]>;
  live(minutes?: string): Promise<Reply>;
  job(mode: string): Promise<Reply>;
  jobState(id: string): Promise<Reply['body']>;
  login(id?: string, more?: object): Promise<Reply>;
}

export async function startFinicityRig(options: SandboxOptions = {}): Promise<FinicityRig> {
  const rig = await startRig(options);
  const token: FinicityRig['token'] = (body = { partnerId: 'p', partnerSecret: 's' }, headers = KEY) =>
    rig.send('POST', '/finicity/aggregation/v2/partners/authentication', body, headers);
  let held = { token: '', until: 0 };
  const current = async (): Promise<string> => {
    if (held.until > rig.sandbox.now()) return held.token;
    held = { token: (await token()).body.token, until: rig.sandbox.now() + LIFE_MS };
    return held.token;
  };
  const finicity: FinicityRig['finicity'] = async (method, path, body, headers = {}) =>
    rig.send(method, `/finicity${path}`, body, { ...KEY, 'finicity-app-token': await current(), ...headers });
  const login = (version: string, id: string): string =>
    `/aggregation/${version}/customers/${CUSTOMER}/institutionLogins/${id}/accounts`;
  const jobs = `/aggregation/customers/${CUSTOMER}/transactions/refreshes`;
  const accounts: FinicityRig['accounts'] = async (id = LOGIN) =>
    (await finicity('GET', login('v1', id))).body.accounts;
  // A spread would read the getter of the emulator once, and miss its restarts.
  return Object.assign(Object.create(rig) as Rig, {
    token,
    finicity,
    v1: (id = LOGIN) => finicity('POST', login('v1', id)),
    v2: (id = LOGIN) => finicity('POST', login('v2', id)),
    accounts,
    live: async (minutes?: string) => {
      const [account] = await accounts();
      const query = minutes === undefined ? '' : `?balance_cache_interval=${minutes}`;
      const path = `/aggregation/v1/customers/${CUSTOMER}/accounts/${account.id}/availableBalance/live`;
      return finicity('GET', path + query);
    },
    job: (mode: string) => finicity('POST', jobs, { institutionLoginId: LOGIN, mode }),
    jobState: async (id: string) => (await finicity('GET', `${jobs}/${id}`)).body,
    login: (id = LOGIN, more: object = {}) =>
      rig.register({
        connector: 'finicity',
        provider: 'FINICITY',
        externalId: id,
        institutionId: '4222',
        customerId: 'cust-1',
        credentials: { customerId: CUSTOMER },
        products: ['BALANCES', 'TRANSACTIONS'],
        ...more,
      }),
  });
}
