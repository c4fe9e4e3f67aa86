// Copies of rows are under ids of their own, so their hash chains are worked out anew, as the store would have.
import { hash } from 'node:crypto';
import { chainedColumns, chainText } from '@freshet/domain';
import Database from 'better-sqlite3';

const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const tables = { decision: 'decisions', ledgerEntry: 'ledger_entries' };
const HEADS_AT_ONCE = 5_000;

const linkerOf = (client, chain) => {
  const table = tables[chain];
  const columns = chainedColumns[chain].map((name) => `"${snakeCase(name)}"`).join(', ');
  const rows = client
    .prepare(`select rowid, ${columns} from ${table} where tenant_id = ? and connection_id = ? order by sequence`)
    .raw();
  const update = client.prepare(`update ${table} set sequence = ?, previous = ?, link = ? where rowid = ?`);
  return (tenantId, connectionId) => {
    let [sequence, link] = [0, ''];
    for (const [rowid, ...values] of rows.all(tenantId, connectionId)) {
      const previous = link;
      sequence += 1;
      link = hash('sha256', chainText(chain, values, sequence, previous), 'base64url');
      update.run(sequence, previous, link, rowid);
    }
    return [sequence, link];
  };
};

export const linkChains = (file) => {
  const client = new Database(file);
  try {
    client.pragma('synchronous = off');
    const linkers = [linkerOf(client, 'decision'), linkerOf(client, 'ledgerEntry')];
    const heads = client.prepare('select id, tenant_id from chain_heads where id > ? order by id limit ?');
    const update = client.prepare(
      `update chain_heads set decision_sequence = ?, decision_link = ?, ledger_entry_sequence = ?, ledger_entry_link = ?
      where id = ?`,
    );
    const link = client.transaction((page) => {
      for (const { id, tenant_id: tenantId } of page) update.run(...linkers.flatMap((of) => of(tenantId, id)), id);
    });
    for (let after = ''; ;) {
      const page = heads.all(after, HEADS_AT_ONCE);
      if (page.length === 0) return;
      link(page);
      after = page.at(-1).id;
    }
  } finally {
    client.close();
  }
};
