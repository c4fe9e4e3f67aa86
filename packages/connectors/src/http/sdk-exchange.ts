import axios, { type InternalAxiosRequestConfig } from 'axios';
// The SDKs are CommonJS: to the compiler theirs is another class than ours.
import type { AxiosInstance } from 'axios' with { 'resolution-mode': 'require' };

import type { HttpCall, HttpClient } from './client.js';
import type { Exchange } from './exchange.js';

export type SdkTransport = AxiosInstance;

const basic = (auth: InternalAxiosRequestConfig['auth']): Record<string, string> =>
  auth === undefined
    ? {}
    : { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` };

/** An SDK's request as a call of ours: its paths, headers and bodies are the vendor's own. */
const callOf = ({ method, url, headers, data, auth }: InternalAxiosRequestConfig): HttpCall => {
  const given = Object.entries(headers.toJSON()).filter(([, value]) => value !== null && value !== undefined);
  return {
    method: (method ?? 'get').toUpperCase() as HttpCall['method'],
    path: url ?? '/',
    headers: {
      ...Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), String(value)])),
      ...basic(auth),
    },
    ...(typeof data === 'string' ? { text: data } : {}),
  };
};

/**
 * One call of a vendor's SDK, carried by our own client, which knows what was surely not sent from what nobody knows. The
 * SDK's base path has to be empty: the client has the address. The signal is not for the SDK, which would forget what
 * had been sent. What the SDK itself refuses to write was surely not sent.
 */
export const sdkExchange = async (
  http: HttpClient,
  signal: AbortSignal,
  make: (transport: SdkTransport) => Promise<unknown>,
): Promise<Exchange> => {
  const exchanges: Exchange[] = [];
  const transport = axios.create({
    adapter: async (config) => {
      const exchange = await http.send(callOf(config), signal);
      exchanges.push(exchange);
      return {
        data: null,
        status: exchange.kind === 'reply' ? exchange.status : 0,
        statusText: '',
        headers: {},
        config,
      };
    },
    validateStatus: () => true,
  });
  let why = 'not written';
  try {
    await make(transport as unknown as SdkTransport);
  } catch (error) {
    if (error instanceof Error) why = error.name;
  }
  return exchanges.at(-1) ?? { kind: 'unsent', why, lasting: true };
};
