import { DEFAULT_TENANT, parseInstant } from '@freshet/domain';
import type { TenantId } from '@freshet/domain';
import { parseArgs } from 'node:util';
import { InputError } from './input-error.js';

export const EXPORT_USAGE = `npm run export-history -- --database FILE --out FILE [options]

  --database FILE    the database of a Freshet, running or not: it is only read
  --out FILE         where the history goes, one JSON line for each connection, decision and pull
  --from INSTANT     from then on (default: from the beginning), such as 2026-10-01T00:00:00Z
  --until INSTANT    and before then (default: to the end)
  --tenant ID        whose (default: ${DEFAULT_TENANT})
  --help             this text
`;

const OPTIONS = {
  database: { type: 'string' },
  out: { type: 'string' },
  from: { type: 'string' },
  until: { type: 'string' },
  tenant: { type: 'string', default: DEFAULT_TENANT },
  help: { type: 'boolean', default: false },
} as const;

export interface ExportArguments {
  readonly database: string;
  readonly out: string;
  readonly from: number;
  readonly until: number;
  readonly tenantId: TenantId;
}

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new InputError(`${(error as Error).message}\n\n${EXPORT_USAGE}`);
  }
};

const instantOf = (name: string, text: string | undefined, otherwise: number): number => {
  if (text === undefined) return otherwise;
  const at = parseInstant(text);
  if (at === undefined)
    throw new InputError(`--${name}: expected an ISO-8601 instant, such as 2026-10-01T00:00:00Z, got ${text}`);
  return at;
};

/** The last moment that four digits of a year can name. */
const END_OF_TIME = Date.UTC(9999, 11, 31);

/** Null: the help is asked for. */
export const readExportArguments = (args: readonly string[]): ExportArguments | null => {
  const { database, out, from, until, tenant, help } = parsed(args);
  if (help) return null;
  if (database === undefined || out === undefined)
    throw new InputError(`--database and --out are needed\n\n${EXPORT_USAGE}`);
  return {
    database,
    out,
    from: instantOf('from', from, 0),
    until: instantOf('until', until, END_OF_TIME),
    tenantId: tenant as TenantId,
  };
};
