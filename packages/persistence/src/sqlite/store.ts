import { isChained } from '@freshet/domain';
import { StoreUnavailable, type Store } from '@freshet/ports';
import type Database from 'better-sqlite3';
import { createDriver } from './driver.js';
import { translated } from './failures.js';
import { openFile } from './open.js';
import type { Hold } from './owner.js';
import { createTurns, type Commit, type Turns } from './turns.js';

export interface SqliteStoreOptions {
  /** Made where it does not exist, with its folder. */
  readonly file: string;
  /** A second connection beside the owner's, for long reads elsewhere: its turns may load and decide, not write. */
  readonly readonly?: boolean;
  /** Told after each commit, before its turns are answered to their callers. */
  readonly onCommit?: (commit: Commit) => void;
}

export interface SqliteStore extends Store {
  readonly file: string;
}

/** Opens the file, brings it up to date, and owns it until closed. Throws, in plain words, where that cannot be. */
export const openSqliteStore = ({ file, readonly = false, onCommit }: SqliteStoreOptions): SqliteStore => {
  const { client, hold } = openFile(file, readonly);
  return storeOver(client, hold, onCommit);
};

export const storeOver = (
  client: Database.Database,
  hold: Hold | null,
  onCommit: (commit: Commit) => void = () => undefined,
): SqliteStore => {
  const driver = createDriver(client);
  const turns: Turns = hold === null ? readingTurns(client) : createTurns(client, onCommit);
  return {
    file: client.name,
    turn: (load, decide) =>
      turns.take({
        decide: () => decide(driver.load(load())),
        // With a row of a chain goes its head.
        writes: ({ effects }) => effects.length + Number(effects.some(({ record }) => isChained(record))),
        write: ({ effects }) => driver.apply(effects),
      }),
    read: async (name, params) => {
      if (!client.open) throw new StoreUnavailable('the store is closed');
      try {
        return driver.read(name, params);
      } catch (error) {
        throw translated(error);
      }
    },
    close: async () => {
      if (!client.open) return;
      turns.close();
      client.close();
      hold?.release();
    },
  };
};

/** Each turn sees one moment, and none may write. */
const readingTurns = (client: Database.Database): Turns => {
  const seeOneMoment = client.transaction(<Decided>(decide: () => Decided): Decided => decide());
  return {
    take: async (turn) => {
      if (!client.open) throw new StoreUnavailable('the store is closed');
      try {
        const decided = seeOneMoment(turn.decide) as ReturnType<typeof turn.decide>;
        if (turn.writes(decided) > 0) throw new Error('this store was opened to be read: its turns have no effects');
        return decided;
      } catch (error) {
        throw translated(error);
      }
    },
    close: () => undefined,
  };
};
