/** What a cell of a column is read as: text is text, whatever it looks like. */
type Kind = 'text' | 'list' | 'flag';

/** The fields of an import, as columns of a CSV file. */
const kinds: Readonly<Record<string, Kind>> = {
  externalId: 'text',
  connector: 'text',
  provider: 'text',
  customerId: 'text',
  institutionId: 'text',
  providerConnectionId: 'text',
  loginFingerprint: 'text',
  products: 'list',
  optionalProducts: 'list',
  status: 'text',
  statusReason: 'text',
  lastSuccessAt: 'text',
  historicalLoaded: 'flag',
  consentExpiresAt: 'text',
  connectedAt: 'text',
};

export const columnNames = Object.keys(kinds);

const CREDENTIAL = /^credentials\.(.+)$/;

export const isColumn = (name: string): boolean => Object.hasOwn(kinds, name) || CREDENTIAL.test(name);

const FLAGS: Readonly<Record<string, boolean>> = { true: true, false: false, yes: true, no: false, 1: true, 0: false };

/** What cannot be read stays as it is: the service says what is wrong with it. */
const read: Readonly<Record<Kind, (cell: string) => unknown>> = {
  text: (cell) => cell,
  list: (cell) => cell.split(/[\s;|,]+/).filter((part) => part !== ''),
  flag: (cell) => FLAGS[cell.toLowerCase()] ?? cell,
};

/** One line as the service takes it; an empty cell is absent. */
export const rowOf = (columns: readonly string[], cells: readonly string[]): Readonly<Record<string, unknown>> => {
  const row: Record<string, unknown> = {};
  const credentials: Record<string, string> = {};
  columns.forEach((column, index) => {
    const cell = (cells[index] ?? '').trim();
    if (cell === '') return;
    const credential = CREDENTIAL.exec(column)?.[1];
    if (credential !== undefined) credentials[credential] = cell;
    else row[column] = read[kinds[column] ?? 'text'](cell);
  });
  return Object.keys(credentials).length === 0 ? row : { ...row, credentials };
};
