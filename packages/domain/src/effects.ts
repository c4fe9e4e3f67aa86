import type { ChainName } from './chain.js';
import type { RecordName, Records } from './records.js';

/** A new row; one with its id, or one that breaks a unique index, must not be there yet. */
export interface Insert<Name extends RecordName> {
  readonly do: 'insert';
  readonly record: Name;
  readonly row: Records[Name];
}

/** Columns of a row that the facts showed. */
export interface Update<Name extends RecordName> {
  readonly do: 'update';
  readonly record: Name;
  readonly id: Records[Name]['id'];
  readonly set: Partial<Omit<Records[Name], 'id'>>;
}

/** A row, whether or not one with its id is there. */
export interface Put<Name extends RecordName> {
  readonly do: 'put';
  readonly record: Name;
  readonly row: Records[Name];
}

/** No such row afterwards. */
export interface Remove<Name extends RecordName> {
  readonly do: 'remove';
  readonly record: Name;
  readonly id: Records[Name]['id'];
}

/**
 * Everything that may be written, as data. They are applied in the transaction that loaded the facts, so what the
 * decision believed is still true; unique indexes stand behind that.
 */
export type Effect = {
  [Name in RecordName]: Name extends ChainName
    ? Insert<Name> | Remove<Name>
    : Insert<Name> | Update<Name> | Put<Name> | Remove<Name>;
}[RecordName];

/** Of these a row can be changed; those of a chain stand as they were written. */
export type ChangeableName = Exclude<RecordName, ChainName>;

export const insert = <Name extends RecordName>(record: Name, row: Records[Name]): Effect =>
  ({ do: 'insert', record, row }) as Effect;

export const update = <Name extends ChangeableName>(
  record: Name,
  id: Records[Name]['id'],
  set: Partial<Omit<Records[Name], 'id'>>,
): Effect => ({ do: 'update', record, id, set }) as Effect;

export const put = <Name extends ChangeableName>(record: Name, row: Records[Name]): Effect =>
  ({ do: 'put', record, row }) as Effect;

export const remove = <Name extends RecordName>(record: Name, id: Records[Name]['id']): Effect =>
  ({ do: 'remove', record, id }) as Effect;
