import type { TenantId } from '@freshet/domain';
import { parseArgs } from 'node:util';
import { Misuse } from './misuse.js';

export const USAGE = `npm run audit -- --database FILE --out DIR [options]

  --database FILE    the database of a Freshet, running or not, or a copy of one: it is only read
  --out DIR          where report.html, report.json and findings.csv go; it is made if need be
  --policy FILE      judge by this policy, as POLICY_FILE of the service (default: that of the newest decision)
  --tenant ID        whose (default: the only one)
  --help             this text

The exit code is 0 where nothing critical was found, 1 where something was, 2 where the audit could not be made.
`;

const OPTIONS = {
  database: { type: 'string' },
  out: { type: 'string' },
  policy: { type: 'string' },
  tenant: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

export interface AuditArguments {
  readonly database: string;
  readonly out: string;
  readonly policy: string | null;
  readonly tenantId: TenantId | null;
}

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new Misuse(`${(error as Error).message}\n\n${USAGE}`);
  }
};

/** Null: the help is asked for. */
export const readAuditArguments = (args: readonly string[]): AuditArguments | null => {
  const { database = '', out = '', policy = null, tenant = null, help } = parsed(args);
  if (help) return null;
  if (database === '' || out === '') throw new Misuse(`--database and --out are needed\n\n${USAGE}`);
  return { database, out, policy, tenantId: tenant as TenantId | null };
};
