// (b) Durable decisions per second over HTTP at 64 connections, beside a bare NestJS + Fastify route with the same body
// validation and no store, in the same run. Each server is a process of its own; the load comes from this one. Two mixes:
// `mixed`, where every connection is asked for many times and all but the first request join what is under way (one row a
// decision, as most decisions are in a product that asks whenever a page is opened), and `forced`, where every request is
// another connection's and each opens a task (the dearest kind: four rows in four tables and their indexes).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';

const CONNECTIONS = 64;
const SECONDS = 6;
const ROUNDS = 3;
const server = fileURLToPath(new URL('http-server.mjs', import.meta.url));

/** Starts one server; it tells its port, the paths that it wants called and the key. */
const startServer = async (kind, connections) => {
  const child = spawn(process.execPath, [server, kind, String(connections)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [ready] = await once(child, 'message');
  return { child, ready };
};

const load = async ({ port, key, ids, path }, seconds, from) => {
  let next = from;
  const run = autocannon({
    url: `http://127.0.0.1:${port}`,
    connections: CONNECTIONS,
    duration: seconds,
    setupClient: (client) =>
      client.setRequests([
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
          body: JSON.stringify({ mode: 'force', products: ['BALANCES'], maxAge: 'PT15M' }),
          setupRequest: (request) => {
            const id = ids[next++ % ids.length];
            return { ...request, path: path.replace('{id}', id) };
          },
        },
      ]),
  });
  const result = await run;
  return {
    perSecond: result['2xx'] / result.duration,
    answered: result['2xx'],
    failed: result.non2xx + result.errors,
    next,
  };
};

const askServer = async (child, what) => {
  child.send(what);
  const [answer] = await once(child, 'message');
  return answer;
};

/** Enough that no connection is asked for twice; or so few that one request in many opens a task. */
const FORCED_CONNECTIONS = 60_000;
const MIXED_CONNECTIONS = 2_000;

const measure = async (kind, connections) => {
  const { child, ready } = await startServer(kind, connections);
  const warm = await load(ready, 2, 0);
  const before = await askServer(child, 'spent');
  const measured = await load(ready, SECONDS, warm.next);
  const after = await askServer(child, 'spent');
  if (measured.failed > 0) throw new Error(`${kind}: ${measured.failed} requests failed`);
  if (connections === FORCED_CONNECTIONS && measured.next > ready.ids.length) {
    throw new Error(`${kind}: more requests than connections: raise the number`);
  }
  const verified = await askServer(child, 'decisions');
  const sent = warm.answered + measured.answered;
  if (verified.decisions !== null && verified.decisions < sent)
    throw new Error('an answered decision is not in the store');
  child.kill();
  await once(child, 'exit');
  const perRequest = (name) => ((after[name] - before[name]) * 1000) / measured.answered;
  return { perSecond: measured.perSecond, cpu: perRequest('cpuMs'), store: perRequest('storeMs') };
};

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

export const benchHttp = async () => {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push({
      bare: await measure('bare', MIXED_CONNECTIONS),
      mixed: await measure('freshet', MIXED_CONNECTIONS),
      forced: await measure('freshet', FORCED_CONNECTIONS),
    });
  }
  const of = (name, figure) => median(rounds.map((round) => round[name][figure]));
  const [bare, mixed, forced] = ['bare', 'mixed', 'forced'].map((name) => of(name, 'perSecond'));
  return {
    name: '(b) durable decisions per second over HTTP, 64 connections',
    figures: {
      'Freshet, mixed, durable /s': mixed,
      'Freshet, all forced, durable /s': forced,
      'bare NestJS + Fastify /s': bare,
      'ratio, all forced': forced / bare,
      'bare, µs of processor a request': of('bare', 'cpu'),
      'mixed, µs of processor a request': of('mixed', 'cpu'),
      'mixed, of these in turns and their commits': of('mixed', 'store'),
      'all forced, µs of processor a request': of('forced', 'cpu'),
      'all forced, of these in turns and their commits': of('forced', 'store'),
    },
    ratio: mixed / bare,
    wanted: 0.5,
  };
};
