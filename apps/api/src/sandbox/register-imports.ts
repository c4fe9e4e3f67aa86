import { createHash } from 'node:crypto';
import type { ImportRow } from '@freshet/flows';
import type { Emulator } from './emulator.js';

type MadeUp = (row: ImportRow) => Readonly<Record<string, string>>;

const hashOf = (seed: string): string => createHash('sha256').update(seed).digest('hex');

/** As a UUID looks: the same for the same seed. */
const uuidOf = (seed: string): string => {
  const hex = hashOf(seed);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** Ten digits, the first of which is no zero. */
const digitsOf = (seed: string): string => String(1_000_000_000 + Number.parseInt(hashOf(seed).slice(0, 7), 16));

/** Bud names customers by UUID. */
const ofCustomer: MadeUp = ({ customerId }) => ({ customerId: uuidOf(customerId) });

/** The connectors that the emulator speaks for, and what their connections are addressed with where nothing is given. */
const EMULATED: Readonly<Record<string, MadeUp>> = {
  meld: ofCustomer,
  bud: ofCustomer,
  mx: ({ customerId }) => ({ userGuid: `USR-${uuidOf(customerId)}` }),
  finicity: ({ customerId }) => ({ customerId: digitsOf(customerId) }),
  // One token an Item.
  plaid: ({ externalId = '' }) => ({ accessToken: `access-sandbox-${uuidOf(externalId)}` }),
};

const madeUp: MadeUp = (row) => EMULATED[row.connector]?.(row) ?? {};

const isEmulated = (row: ImportRow): row is ImportRow & { readonly externalId: string } =>
  Object.hasOwn(EMULATED, row.connector) && row.externalId !== undefined;

/**
 * In sandbox mode whatever is imported exists at the emulator too, with credentials made up where none are given: so
 * any import works at once.
 */
export const registerImports =
  (emulator: Emulator) =>
  async (rows: readonly ImportRow[]): Promise<readonly ImportRow[]> => {
    const ready = rows.map((row) => (isEmulated(row) ? { ...row, credentials: row.credentials ?? madeUp(row) } : row));
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
