import { createHash } from 'node:crypto';
import type { ImportRow } from '@freshet/flows';
import type { Emulator } from './emulator.js';

type MadeUp = (hash: string) => Readonly<Record<string, string>>;

const uuidOf = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
/** Ten digits, the first of which is no zero. */
const digitsOf = (hex: string): string => String(1_000_000_000 + Number.parseInt(hex.slice(0, 7), 16));

/**
 * The connectors that the emulator speaks for, and what they need to know of a connection: by what name their provider
 * knows the customer. It stays the same for the same customer.
 */
const EMULATED: ReadonlyMap<string, MadeUp> = new Map<string, MadeUp>([
  ['meld', (hash) => ({ customerId: uuidOf(hash) })],
  ['bud', (hash) => ({ customerId: uuidOf(hash) })],
  ['mx', (hash) => ({ userGuid: `USR-${uuidOf(hash)}` })],
  ['finicity', (hash) => ({ customerId: digitsOf(hash) })],
]);

const madeUp = (row: ImportRow): Readonly<Record<string, string>> =>
  EMULATED.get(row.connector)?.(createHash('sha256').update(row.customerId).digest('hex')) ?? {};

const isEmulated = (row: ImportRow): row is ImportRow & { readonly externalId: string } =>
  EMULATED.has(row.connector) && row.externalId !== undefined;

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
