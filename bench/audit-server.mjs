// The service over a database that was lived in, without its timers; told to, it audits all of it over and over until it is told
// to stop, as its job does: in pages, in a thread of their own.
import 'reflect-metadata';
import { createHash, randomBytes } from 'node:crypto';
import { put } from '@freshet/domain';
import { requestAudit, runAudit } from '@freshet/flows';
import { openSqliteStore } from '@freshet/persistence';
import { read } from '@freshet/ports';
import { createApp } from '../apps/api/dist/app.js';
import { readSettings } from '../apps/api/dist/engine/settings.js';
import { benchEngine, pageThread, TENANT } from './audit-engine.mjs';

const REQUESTS = 20_000;
const [file] = process.argv.slice(2);
const store = openSqliteStore({ file });
const engine = benchEngine(store);
const key = randomBytes(24).toString('hex');
const hash = createHash('sha256').update(key).digest('hex');
const apiKey = { id: 'key_bench', tenantId: TENANT, hash, scopes: ['admin'], createdAt: Date.now() };
await store.turn(
  () => read('setting', { id: 'none' }),
  () => ({ effects: [put('apiKey', apiKey)] }),
);

const ids = [];
for (let after = ''; ids.length < REQUESTS; after = ids.at(-1)) {
  const page = await store.read('connectionsScan', { tenantId: TENANT, after, limit: 1_000 });
  if (page.length === 0) break;
  ids.push(...page.map(({ id }) => id));
}

const settings = { ...readSettings({}), port: 0, sandbox: false, logLevel: 'silent' };
const app = await createApp({ engine, settings, nudge: () => undefined, extraModules: [] });
await app.listen(0, '127.0.0.1');

let stopping = false;
let auditing = Promise.resolve(0);
const untilStopped = async () => {
  const thread = pageThread(engine, file);
  let pages = 0;
  const stopped = new Error('stopped');
  const counted = (check, place) => {
    if (stopping) throw stopped;
    pages += 1;
    return thread.pages(check, place);
  };
  while (!stopping) {
    const { id } = await requestAudit(engine, TENANT, 'request');
    await runAudit(engine, TENANT, id, { pages: async (check, place) => counted(check, place) });
  }
  await thread.end();
  return pages;
};

process.on('message', async (what) => {
  if (what === 'start') {
    stopping = false;
    auditing = untilStopped();
    process.send(0);
  } else {
    stopping = true;
    process.send(await auditing);
  }
});
process.on('SIGTERM', () => process.exit(0));
process.send({ port: app.getHttpServer().address().port, key, ids });
