import { Column, is, Param, Placeholder, SQL, type DriverValueDecoder, type SQLWrapper } from 'drizzle-orm';

/** What a statement's placeholders are filled from, by name. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * A query that was built once: its text, how named values become its parameters, and how a row, as an array in the
 * order of the columns, becomes an object. A database prepares the text and does the rest through here, so nothing
 * of Drizzle's runs when a query does.
 */
export interface Statement<Row = unknown> {
  readonly text: string;
  bind(values: Values): unknown[];
  decode(row: readonly unknown[]): Row;
}

interface Built {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] };
}

interface BuiltSelect<Row> extends Built {
  readonly _: { readonly result: readonly Row[]; readonly selectedFields: object };
}

type Code = (value: unknown) => unknown;

/** One parameter: a constant, or a named value, encoded where its column asks for that. */
interface Slot {
  readonly name: string | null;
  readonly encode: Code | null;
  readonly constant: unknown;
}

const asIs = Column.prototype.mapToDriverValue;

const slotOf = (param: unknown): Slot => {
  if (is(param, Placeholder)) return { name: param.name, encode: null, constant: null };
  if (is(param, Param) && is(param.value, Placeholder)) {
    const { encoder } = param;
    // Most columns take a value as it is: those cost no call.
    const encode: Code | null = encoder.mapToDriverValue === asIs ? null : (value) => encoder.mapToDriverValue(value);
    return { name: param.value.name, encode, constant: null };
  }
  return { name: null, encode: null, constant: param };
};

const binder = (params: readonly unknown[]): Statement['bind'] => {
  const slots = params.map(slotOf);
  return (values) => {
    const bound = new Array<unknown>(slots.length);
    for (let index = 0; index < slots.length; index += 1) {
      const { name, encode, constant } = slots[index] as Slot;
      const value = name === null ? constant : values[name];
      bound[index] = encode === null || value === null || value === undefined ? value : encode(value);
    }
    return bound;
  };
};

const decoderOf = (field: unknown): Code | null => {
  if (is(field, Column)) {
    return field.mapFromDriverValue === Column.prototype.mapFromDriverValue
      ? null
      : (value) => field.mapFromDriverValue(value);
  }
  if (is(field, SQL.Aliased)) return decoderOf(field.sql);
  // A decoder of an expression is Drizzle's own affair in its types, but part of `mapWith`.
  const { decoder } = field as SQLWrapper & { readonly decoder: DriverValueDecoder<unknown, unknown> };
  return (value) => decoder.mapFromDriverValue(value);
};

const rowReader = <Row>(fields: object): Statement<Row>['decode'] => {
  const names = Object.keys(fields);
  const decoders = Object.values(fields).map(decoderOf);
  // Copying an object with every name already in it is cheaper than adding the names one by one.
  const blank: Record<string, unknown> = Object.fromEntries(names.map((name) => [name, null]));
  return (row) => {
    const result = { ...blank };
    for (let index = 0; index < names.length; index += 1) {
      const decode = decoders[index] as Code | null;
      const value = row[index];
      result[names[index] as string] = decode === null || value === null ? value : decode(value);
    }
    return result as Row;
  };
};

/** A select with one level of fields: joins spell theirs out. */
export const selecting = <Row>(query: BuiltSelect<Row>): Statement<Row> => {
  const { sql, params } = query.toSQL();
  return { text: sql, bind: binder(params), decode: rowReader<Row>(query._.selectedFields) };
};

const noRow = (): never => {
  throw new Error('a write returns no row');
};

export const writing = (query: Built): Statement<never> => {
  const { sql, params } = query.toSQL();
  return { text: sql, bind: binder(params), decode: noRow };
};

/** How many variants of one statement are kept: a bound for queries whose shape follows what is asked. */
const MOST_VARIANTS = 500;

/** Statements that differ by what is asked, each built when it is first needed; the oldest leave when there are too many. */
export const variants = <Asked, Made>(
  shapeOf: (asked: Asked) => string,
  build: (asked: Asked) => Made,
): ((asked: Asked) => Made) => {
  const made = new Map<string, Made>();
  return (asked) => {
    const shape = shapeOf(asked);
    const known = made.get(shape);
    if (known !== undefined) return known;
    if (made.size >= MOST_VARIANTS) made.delete(made.keys().next().value as string);
    const fresh = build(asked);
    made.set(shape, fresh);
    return fresh;
  };
};
