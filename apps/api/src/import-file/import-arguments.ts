import { parseArgs } from 'node:util';
import { columnNames, isColumn } from './csv-columns.js';
import { ImportError } from './import-error.js';

export const USAGE = `npm run import -- FILE [options]

Brings connections into a running Freshet, from CSV (its first line names the columns) or NDJSON (a connection a
line, as POST /v1/connections/import takes them), however many they are. What is known already is updated. Rows that
are refused are written to a report, and the rest goes in. The same command again goes on where one was interrupted.

  --url URL            the service (default: http://127.0.0.1:$PORT, or port 3000)
  --format csv|ndjson  where the name of the file does not tell
  --map OURS=THEIRS    a column of the file under another name; may be given several times
  --rejected FILE      the report of refused rows (default: FILE.rejected.csv)
  --restart            from the first row, whatever was imported before
  --help               this text

The API key is read from FRESHET_API_KEY. Exit code 0: every row is in; 1: some were refused; 2: it stopped.
Columns: ${columnNames.join(', ')}, credentials.<name>. Products are separated by spaces or semicolons.
`;

const formats = ['csv', 'ndjson'] as const;
export type Format = (typeof formats)[number];

export interface ImportArguments {
  readonly file: string;
  readonly url: URL;
  readonly key: string;
  readonly format: Format;
  /** Names of the file's columns, to ours. */
  readonly mapped: ReadonlyMap<string, string>;
  readonly rejected: string;
  readonly restart: boolean;
}

const OPTIONS = {
  url: { type: 'string' },
  format: { type: 'string' },
  map: { type: 'string', multiple: true, default: [] as string[] },
  rejected: { type: 'string' },
  restart: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: true });
  } catch (error) {
    throw new ImportError(`${(error as Error).message}\n\n${USAGE}`);
  }
};

const formatOf = (told: string | undefined, file: string): Format => {
  const word = told ?? (/\.csv$/i.test(file) ? 'csv' : /\.(ndjson|jsonl)$/i.test(file) ? 'ndjson' : undefined);
  const format = formats.find((one) => one === word);
  if (format !== undefined) return format;
  throw new ImportError(
    told === undefined
      ? `${file} is neither .csv nor .ndjson: say which it is by --format.`
      : `--format must be csv or ndjson, not ${told}.`,
  );
};

const urlOf = (told: string | undefined, port: string | undefined): URL => {
  const text = told ?? `http://127.0.0.1:${port?.trim() || '3000'}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ImportError(`--url must be the address of the service, such as http://127.0.0.1:3000, not ${text}.`);
  return url;
};

const mappedBy = (pairs: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    pairs.map((pair) => {
      const [ours = '', theirs = ''] = pair.split(/=(.*)/s);
      if (isColumn(ours) && theirs !== '') return [theirs, ours] as const;
      throw new ImportError(`--map must be OURS=THEIRS, where OURS is one of ${columnNames.join(', ')}; not ${pair}.`);
    }),
  );

/** Null: help was asked for. Throws an ImportError that says what is wrong. */
export const readArguments = (
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ImportArguments | null => {
  const { values, positionals } = parsed(args);
  if (values.help) return null;
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new ImportError(`Name one file.\n\n${USAGE}`);
  const key = environment.FRESHET_API_KEY?.trim();
  if (!key)
    throw new ImportError('Set FRESHET_API_KEY to a key that may import (the service prints one at its first start).');
  return {
    file,
    url: urlOf(values.url, environment.PORT),
    key,
    format: formatOf(values.format, file),
    mapped: mappedBy(values.map),
    rejected: values.rejected ?? `${file}.rejected.csv`,
    restart: values.restart,
  };
};
