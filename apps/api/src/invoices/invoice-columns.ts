import type { InvoiceColumns } from '@freshet/domain';
import { invalidRequest, type Fault } from '../http/problem.js';
import type { InvoiceQuery } from './invoice-query.js';

type Name = keyof InvoiceColumns;

interface ColumnRule {
  readonly parameter: keyof InvoiceQuery;
  /** What such a column is usually called: letters and digits alone. The first that the header has is taken. */
  readonly usual: readonly string[];
  readonly what: string;
  readonly isRequired: boolean;
}

const rules: Readonly<Record<Name, ColumnRule>> = {
  time: {
    parameter: 'timeColumn',
    usual: ['time', 'timestamp', 'at', 'datetime', 'createdat', 'requestedat', 'usagetime', 'usagedate', 'date', 'day'],
    what: 'the time',
    isRequired: true,
  },
  amount: {
    parameter: 'amountColumn',
    usual: ['amount', 'cost', 'charge', 'total', 'price', 'unitprice', 'unitcost', 'rate'],
    what: 'the amount',
    isRequired: true,
  },
  connection: {
    parameter: 'connectionColumn',
    usual: ['externalid', 'connectionid', 'connection', 'itemid', 'memberguid', 'institutionloginid', 'consentid'],
    what: 'the connection',
    isRequired: false,
  },
  job: {
    parameter: 'jobColumn',
    usual: ['jobid', 'providertaskid', 'taskid', 'refreshid', 'job', 'requestid'],
    what: 'the job',
    isRequired: false,
  },
  product: {
    parameter: 'productColumn',
    usual: ['product', 'producttype', 'linetype', 'usagetype', 'sku', 'type'],
    what: 'the product',
    isRequired: false,
  },
  currency: {
    parameter: 'currencyColumn',
    usual: ['currency', 'currencycode'],
    what: 'the currency',
    isRequired: false,
  },
};

/** What else says which connection it is. */
const PROVIDER_CONNECTION = ['providerconnectionid', 'providerconnection'];

const plain = (header: string): string => header.toLowerCase().replace(/[^a-z0-9]/g, '');

const MOST_TOLD = 30;

const has = (header: readonly string[]): string =>
  `the header has ${header
    .slice(0, MOST_TOLD)
    .map((name) => JSON.stringify(name.slice(0, 64)))
    .join(', ')}`;

export interface FoundColumns {
  readonly columns: InvoiceColumns;
  readonly namesBy: 'externalId' | 'providerConnectionId';
  /** Where each stands in a row; -1: nowhere. */
  readonly places: Readonly<Record<Name, number>>;
}

/** The column that is named, else the first with a usual name. */
const findColumn = (
  header: readonly string[],
  { parameter, usual, what, isRequired }: ColumnRule,
  asked: string | undefined,
) => {
  const told = (message: string): { readonly place: number; readonly fault: Fault } => ({
    place: -1,
    fault: { pointer: `/${parameter}`, message },
  });
  if (asked !== undefined) {
    const places = header.flatMap((name, place) => (name === asked ? [place] : []));
    if (places.length === 1) return { place: places[0] as number, fault: undefined };
    return told(
      `${parameter}: must be the header of ${places.length === 0 ? 'a' : 'only one'} column; ${has(header)}.`,
    );
  }
  const names = header.map(plain);
  const name = usual.find((each) => names.includes(each));
  if (name !== undefined && names.indexOf(name) !== names.lastIndexOf(name)) {
    return told(`${parameter}: is required, because several columns may be that of ${what}; ${has(header)}.`);
  }
  if (name !== undefined) return { place: names.indexOf(name), fault: undefined };
  if (!isRequired) return { place: -1, fault: undefined };
  return told(`${parameter}: is required, because no column is known as that of ${what}; ${has(header)}.`);
};

/** Where the file says what; or a problem that names each column that is not there. */
export const columnsIn = (header: readonly string[], query: InvoiceQuery): FoundColumns => {
  const names = header.map(plain);
  const isByProvider =
    query.connectionIs === 'providerConnectionId' ||
    (query.connectionIs === undefined &&
      query.connectionColumn === undefined &&
      !rules.connection.usual.some((name) => names.includes(name)) &&
      PROVIDER_CONNECTION.some((name) => names.includes(name)));
  const usualConnection = isByProvider ? [...PROVIDER_CONNECTION, ...rules.connection.usual] : rules.connection.usual;
  const found = Object.entries(rules).map(([name, rule]) => {
    const own = name === 'connection' ? { ...rule, usual: usualConnection } : rule;
    return [name as Name, findColumn(header, own, query[rule.parameter] as string | undefined)] as const;
  });
  const faults = found.flatMap(([, { fault }]) => fault ?? []);
  if (
    query.products !== undefined &&
    found.some(([name, { place, fault }]) => name === 'product' && place < 0 && !fault)
  ) {
    faults.push({ pointer: '/productColumn', message: `productColumn: is required with products; ${has(header)}.` });
  }
  if (faults.length > 0) throw invalidRequest(faults);
  const places = Object.fromEntries(found.map(([name, { place }]) => [name, place])) as Record<Name, number>;
  const named = Object.fromEntries(found.map(([name, { place }]) => [name, header[place] ?? null]));
  return {
    columns: named as unknown as InvoiceColumns,
    places,
    namesBy: isByProvider ? 'providerConnectionId' : 'externalId',
  };
};
