import { createHash, randomUUID } from 'node:crypto';
import type { ImportRow } from '@freshet/flows';
import type { Emulator } from './emulator.js';

/** The connectors that the emulator speaks for. */
const EMULATED: ReadonlySet<string> = new Set(['meld', 'bud', 'akoya']);

type MadeUp = (row: ImportRow) => Readonly<Record<string, string>>;

/** Bud names customers by UUID: one that stays the same for the same customer. */
const customerId: MadeUp = (row) => {
  const hex = createHash('sha256').update(row.customerId).digest('hex');
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return { customerId: id };
};

/** As if the customer had just given access: a refresh token is good for one use, so that none is made up twice. */
const refreshToken: MadeUp = () => ({ refreshToken: `sandbox-${randomUUID()}` });

const madeUp: Readonly<Record<string, MadeUp>> = { akoya: refreshToken };

const isEmulated = (row: ImportRow): row is ImportRow & { readonly externalId: string } =>
  EMULATED.has(row.connector) && row.externalId !== undefined;

/**
 * In sandbox mode whatever is imported exists at the emulator too, with credentials made up where none are given: so
 * any import works at once.
 */
export const registerImports =
  (emulator: Emulator) =>
  async (rows: readonly ImportRow[]): Promise<readonly ImportRow[]> => {
    const ready = rows.map((row) =>
      isEmulated(row) ? { ...row, credentials: row.credentials ?? (madeUp[row.connector] ?? customerId)(row) } : row,
    );
    await emulator.register(
      ready.filter(isEmulated).map((row) => ({
        connector: row.connector,
        provider: row.provider,
        externalId: row.externalId,
        customerId: row.customerId,
        institutionId: row.institutionId,
        products: row.products,
        providerConnectionId: row.providerConnectionId,
        status: row.status,
        statusReason: row.statusReason,
        lastSuccessAt: row.lastSuccessAt,
        consentExpiresAt: row.consentExpiresAt,
        credentials: row.credentials,
      })),
    );
    return ready;
  };
