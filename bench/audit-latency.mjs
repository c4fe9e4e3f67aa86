// How long refresh requests take over HTTP while an audit of everything runs beside them, and while none does: by turns, at a
// steady rate, counted from when a request was to be sent.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const RATE = 200;
const ROUNDS = 4;
const SECONDS = 8;

const refresh = ({ port, key, agent }, id) =>
  new Promise((resolve, reject) => {
    const body = JSON.stringify({ mode: 'force', products: ['BALANCES'] });
    const headers = {
      'content-type': 'application/json',
      'content-length': body.length,
      authorization: `Bearer ${key}`,
    };
    const asked = request(
      { port, agent, host: '127.0.0.1', method: 'POST', path: `/v1/connections/${id}/refresh`, headers },
      (answer) => {
        answer.resume();
        answer.on('end', () =>
          answer.statusCode < 500 ? resolve(answer.statusCode) : reject(new Error(`answered ${answer.statusCode}`)),
        );
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });

/** Milliseconds from when each was to be sent. */
const steadily = async (server, ids, seconds) => {
  const begun = performance.now();
  const waiting = [];
  for (let number = 0; number < RATE * seconds; number += 1) {
    const dueAt = begun + (number * 1000) / RATE;
    const early = dueAt - performance.now();
    if (early > 1) await sleep(early);
    waiting.push(refresh(server, ids.next().value).then(() => performance.now() - dueAt));
  }
  return Promise.all(waiting);
};

const share = (values, part) => values.toSorted((a, b) => a - b)[Math.floor(values.length * part)];
const median = (values) => share(values, 0.5);

/** Lines of the bench, over a database that was lived in. */
export const refreshLatencies = async (file) => {
  const child = fork(fileURLToPath(new URL('audit-server.mjs', import.meta.url)), [file]);
  const [{ port, key, ids }] = await once(child, 'message');
  const asked = async (what) => {
    child.send(what);
    return (await once(child, 'message'))[0];
  };
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const server = { port, key, agent };
  const next = ids.values();
  const rounds = [];
  let audits = 0;
  try {
    await steadily(server, next, SECONDS);
    for (let round = 0; round < ROUNDS; round += 1) {
      const without = await steadily(server, next, SECONDS);
      await asked('start');
      const during = await steadily(server, next, SECONDS);
      audits += await asked('stop');
      rounds.push({ without, during });
    }
  } finally {
    agent.destroy();
    child.kill();
    await once(child, 'exit');
  }
  const p99 = (name) => median(rounds.map((round) => share(round[name], 0.99)));
  const p50 = (name) => median(rounds.map((round) => share(round[name], 0.5)));
  return [
    { what: `requests at ${RATE} a second: p50 without, ms`, value: p50('without') },
    { what: `requests at ${RATE} a second: p50 during an audit, ms`, value: p50('during') },
    { what: `requests at ${RATE} a second: p99 without, ms`, value: p99('without') },
    { what: `requests at ${RATE} a second: p99 during an audit, ms`, value: p99('during') },
    { what: 'pages that were read meanwhile', value: audits },
    { what: 'p99 during an audit, beside without', value: p99('during') / p99('without'), most: 2 },
  ];
};
