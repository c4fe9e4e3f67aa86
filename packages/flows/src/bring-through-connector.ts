import type { ImportAnswer, TenantId } from '@freshet/domain';
import { call, callContext } from './connection-call.js';
import type { Engine } from './engine.js';
import type { ImportFault, ImportRow } from './import-connections.js';

/** A row that has its identity. */
export type Brought = ImportRow & { readonly externalId: string };

/** What became of the rows: all of them with their identity, or why not, and what was made all the same. */
export type BroughtIn =
  | { readonly kind: 'brought'; readonly rows: readonly Brought[]; readonly byConnector: ReadonlySet<number> }
  | { readonly kind: 'failed'; readonly faults: readonly ImportFault[] };

interface Asked {
  readonly index: number;
  readonly row: ImportRow;
}

/** Customers who are brought in at once. One customer's are brought in one after the other: some are found by what is new. */
const CUSTOMERS_AT_ONCE = 8;

type Failed = Exclude<ImportAnswer, { kind: 'imported' }>;

/** A refusal is the row's own fault; anything else would meet the next row as well. */
const stopsTheRest = ({ kind }: Failed): boolean => kind !== 'refused';

const words: Readonly<Record<Failed['kind'], string>> = {
  refused: 'did not import it',
  limited: 'limits imports for now: nothing after it was tried',
  unavailable: 'did not import it: nothing after it was tried',
  unknown: 'may have imported it, and did not say: look there before the next try; nothing after it was tried',
};

const faultOf = ({ index, row }: Asked, answer: Failed): ImportFault => {
  const why = 'message' in answer ? ` (${answer.message})` : '';
  return { index, field: 'credentials', message: `${row.connector} ${words[answer.kind]}${why}` };
};

/** It is there and is not known here: the next try has to name it, or it would be made again. */
const madeAlready = ({ index, row }: Asked, externalId: string): ImportFault => ({
  index,
  field: 'externalId',
  message: `${row.connector} has imported it as ${externalId}, and nothing of the batch is kept here: name it at the next try`,
});

const importOne = async (engine: Engine, tenantId: TenantId, { row }: Asked): Promise<ImportAnswer> => {
  const connector = engine.connectorsOf(tenantId).get(row.connector);
  if (connector === undefined) return { kind: 'refused', message: 'it is switched off' };
  const { provider, customerId, institutionId, products } = row;
  const request = { provider, customerId, institutionId, products, credentials: row.credentials ?? {} };
  return call(engine, connector, 'import', (to) => to.import(request, callContext(engine, to.name)));
};

const byCustomer = (asked: readonly Asked[]): readonly (readonly Asked[])[] => {
  const customers = new Map<string, Asked[]>();
  for (const each of asked) {
    const key = JSON.stringify([each.row.connector, each.row.customerId]);
    const own = customers.get(key);
    if (own) own.push(each);
    else customers.set(key, [each]);
  }
  return [...customers.values()];
};

/**
 * Rows without an externalId are made by their connector's own import first. Where one of them fails nothing is kept here,
 * and the faults say which failed, and under which id the others are at the connector now.
 */
export const bringThroughConnectors = async (
  engine: Engine,
  tenantId: TenantId,
  rows: readonly ImportRow[],
): Promise<BroughtIn> => {
  const asked = rows.map((row, index) => ({ index, row })).filter(({ row }) => row.externalId === undefined);
  const made = new Map<number, Extract<ImportAnswer, { kind: 'imported' }>>();
  const failed = new Map<number, ImportFault>();
  const waiting = [...byCustomer(asked)];
  let stopped = false;
  const work = async (): Promise<void> => {
    for (let own = waiting.shift(); own !== undefined; own = waiting.shift()) {
      for (const each of own) {
        if (stopped) return;
        const answer = await importOne(engine, tenantId, each);
        if (answer.kind === 'imported') made.set(each.index, answer);
        else {
          failed.set(each.index, faultOf(each, answer));
          stopped ||= stopsTheRest(answer);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: CUSTOMERS_AT_ONCE }, work));
  if (failed.size > 0) {
    const faults = asked.flatMap((each) => {
      const own = made.get(each.index);
      return failed.get(each.index) ?? (own === undefined ? [] : [madeAlready(each, own.externalId)]);
    });
    return { kind: 'failed', faults };
  }
  const brought = rows.map((row, index): Brought => {
    const own = made.get(index);
    if (own === undefined) return row as Brought;
    const providerConnectionId = row.providerConnectionId ?? own.providerConnectionId ?? undefined;
    const { externalId, credentials = row.credentials } = own;
    return { ...row, externalId, providerConnectionId, credentials };
  });
  return { kind: 'brought', rows: brought, byConnector: new Set(made.keys()) };
};
