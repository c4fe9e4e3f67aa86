import { setTimeout as sleep } from 'node:timers/promises';

import type { ImportAnswer } from '@freshet/domain';
import type { CallContext, ImportCall } from '@freshet/ports';

import { isSuccess, jsonOf } from '../http/exchange.js';
import type { MeldClient } from './client.js';
import { connectionsOf } from './search.js';
import { meldFailure } from './translate.js';
import { meldImported, type MeldConnection } from './wire.js';

/** How long after the import its connection is looked for. */
const LOOKS_AFTER_MS = [0, 500, 1_000, 2_000, 4_000] as const;

const providerIdOf = ({ serviceProviderDetails }: MeldConnection): string | null =>
  serviceProviderDetails.serviceProviderConnectionId ?? serviceProviderDetails.itemId;

const imported = (id: string, providerConnectionId: string | null): ImportAnswer => ({
  kind: 'imported',
  externalId: id,
  providerConnectionId,
});

/** The same item, brought in by an earlier try whose answer was lost: a second import would make a second connection. */
const alreadyThere = (before: readonly MeldConnection[], { credentials }: ImportCall): MeldConnection | undefined => {
  const item = credentials['itemId'];
  if (item === undefined) return undefined;
  return before.find((connection) => providerIdOf(connection) === item && connection.status !== 'DELETED');
};

/** The one that was not there before; where several are new, the one of the same item at the provider. */
const pickNew = (before: readonly MeldConnection[], after: readonly MeldConnection[], call: ImportCall) => {
  const known = new Set(before.map(({ id }) => id));
  const fresh = after.filter(({ id }) => id !== null && !known.has(id));
  const item = call.credentials['itemId'];
  const same = item === undefined ? [] : fresh.filter((connection) => providerIdOf(connection) === item);
  const candidates = same.length > 0 ? same : fresh;
  return candidates.length === 1 ? candidates[0] : undefined;
};

const pause = async (ms: number, signal: AbortSignal): Promise<boolean> => {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
};

const findImported = async (
  client: MeldClient,
  before: readonly MeldConnection[],
  call: ImportCall,
  signal: AbortSignal,
): Promise<MeldConnection | undefined> => {
  for (const ms of LOOKS_AFTER_MS) {
    if (!(await pause(ms, signal))) return undefined;
    const after = await connectionsOf(client, call, signal);
    const found = after === null ? undefined : pickNew(before, after, call);
    if (found !== undefined) return found;
  }
  return undefined;
};

/**
 * Meld takes an import without saying under which id: the connection is the one that the customer did not have before.
 * Where it cannot be told apart the answer is `unknown`, never a guess: Meld's webhooks will name it.
 */
export const importThroughMeld = async (
  client: MeldClient,
  call: ImportCall,
  context: CallContext,
): Promise<ImportAnswer> => {
  const before = await connectionsOf(client, call, context.signal);
  if (before === null) {
    const message = 'Meld did not list the connections of the customer, so nothing was imported';
    return { kind: 'unavailable', who: 'provider', retryAt: null, message };
  }
  const there = alreadyThere(before, call);
  if (there?.id != null) return imported(there.id, providerIdOf(there));
  const item = {
    serviceProvider: call.provider,
    externalCustomerId: call.customerId,
    institutionId: call.institutionId,
    products: call.products,
    serviceProviderDetails: call.credentials,
  };
  const exchange = await client.importOne(item, context.signal);
  if (!isSuccess(exchange)) return meldFailure(exchange, context.now());
  const named = meldImported.parse(jsonOf(exchange)).connections[0]?.id ?? null;
  if (named !== null) return imported(named, null);
  const found = await findImported(client, before, call, context.signal);
  if (found?.id == null)
    return { kind: 'unknown', message: 'Meld took the import but does not show the connection yet' };
  return imported(found.id, providerIdOf(found));
};
