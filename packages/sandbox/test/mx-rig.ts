import type { SandboxOptions } from '../src/index.js';
import type { Json } from './receiver.js';
import { startRig, type Rig } from './rig.js';

export const USER = 'USR-1';

export interface MxAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}
type Answered = Promise<MxAnswer>;

/** MX's operations under the names, and in the bytes, of its own SDK. */
export interface MxRig extends Rig {
  mx(method: string, path: string, body?: object): Answered;
  createUser(user: object): Answered;
  readUser(user: string): Answered;
  listMembers(user: string, page?: number, perPage?: number): Answered;
  createMember(user: string, member: object): Answered;
  readMember(id: string, user?: string): Answered;
  updateMember(id: string, member: object): Answered;
  deleteMember(id: string, user?: string): Answered;
  aggregateMember(id: string, query?: string, user?: string): Answered;
  checkBalances(id: string): Answered;
  extendHistory(id: string): Answered;
  resumeAggregation(id: string, member: object): Answered;
  requestWidgetURL(user: string, widget: object): Answered;
  requestConnectWidgetURL(user: string, config: object): Answered;
  /** The member of a read of its status. */
  status(id: string): Promise<Json>;
  /** A member, healthy and never aggregated unless told. */
  link(id: string, more?: object): Promise<void>;
}

const HEADERS = {
  accept: 'application/vnd.mx.api.v1+json',
  authorization: `Basic ${Buffer.from('client:key').toString('base64')}`,
};

export async function startMxRig(options: SandboxOptions = {}): Promise<MxRig> {
  const rig = await startRig(options);
  const mx: MxRig['mx'] = async (method, path, body) => {
    // What the SDK's transport says of a POST or PUT without a body.
    const type = method === 'POST' || method === 'PUT' ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
    const json = { 'content-type': 'application/json' };
    const answer = await rig.send(method, `/mx${path}`, body, { ...HEADERS, ...(body === undefined ? type : json) });
    return { ...answer, body: answer.body === '' ? null : JSON.parse(answer.body) };
  };
  const one = (id: string, user = USER) => `/users/${user}/members/${id}`;
  const own: Omit<MxRig, keyof Rig> = {
    mx,
    createUser: (user) => mx('POST', '/users', { user }),
    readUser: (user) => mx('GET', `/users/${user}`),
    listMembers: (user, page = 1, perPage = 25) =>
      mx('GET', `/users/${user}/members?page=${page}&records_per_page=${perPage}`),
    createMember: (user, member) => mx('POST', `/users/${user}/members`, { member }),
    readMember: (id, user) => mx('GET', one(id, user)),
    updateMember: (id, member) => mx('PUT', one(id), { member }),
    deleteMember: (id, user) => mx('DELETE', one(id, user)),
    aggregateMember: (id, query = '', user = USER) => mx('POST', `${one(id, user)}/aggregate${query}`),
    checkBalances: (id) => mx('POST', `${one(id)}/check_balance`),
    extendHistory: (id) => mx('POST', `${one(id)}/extend_history`),
    resumeAggregation: (id, member) => mx('PUT', `${one(id)}/resume`, { member }),
    requestWidgetURL: (user, widget) =>
      mx('POST', `/users/${user}/widget_urls`, { widget_url: { widget_type: 'connect_widget', ...widget } }),
    requestConnectWidgetURL: (user, config) => mx('POST', `/users/${user}/connect_widget_url`, { config }),
    status: async (id) => (await mx('GET', `${one(id)}/status`)).body.member,
    link: async (id, more = {}) => {
      const known = { connector: 'mx', provider: 'MX', customerId: 'cust-1', institutionId: 'mxbank' };
      const products = ['BALANCES', 'TRANSACTIONS'];
      await rig.register({ ...known, externalId: id, products, credentials: { userGuid: USER }, ...more });
    },
  };
  // A spread would read the getter of the emulator once, and miss its restarts.
  return Object.assign(Object.create(rig) as Rig, own);
}
