// A caller of permits: takes what Freshet allows to be read, reads it at Akoya with a borrowed token, and reports.
// One round: run it by a timer, or in a loop. Nothing but Node; docs/permits.md explains each step.
const FRESHET = process.env.FRESHET_URL ?? 'http://127.0.0.1:3000';
const AKOYA = process.env.AKOYA_URL ?? 'http://127.0.0.1:3001/akoya';
const KEY = process.env.FRESHET_API_KEY ?? '';
const READ_TIMEOUT_MS = 15_000;

const jsonOf = async (response) => response.json().catch(() => null);

const freshet = async (method, path, body) => {
  const response = await fetch(`${FRESHET}${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await jsonOf(response) };
};

/** Permits that are open, the oldest last: a page after the other. */
async function* openPermits() {
  for (let cursor = ''; cursor !== null;) {
    const query = `executor=caller&state=running${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const { status, body } = await freshet('GET', `/v1/tasks?${query}`);
    if (status !== 200) throw new Error(`Freshet answered ${status}: ${body?.detail ?? ''}`);
    yield* body.data;
    cursor = body.nextCursor;
  }
}

/** USER only while the customer who caused it is taken to be there. Nobody else is ever named. */
const actorOf = ({ actorType, presentUntil }) =>
  actorType === 'USER' && Date.now() < Date.parse(presentUntil) ? 'USER' : 'BATCH';

const readAkoya = async (path, token, actor) => {
  const headers = { authorization: `Bearer ${token}`, 'x-akoya-interaction-type': actor.toLowerCase() };
  const response = await fetch(`${AKOYA}${path}`, { headers, signal: AbortSignal.timeout(READ_TIMEOUT_MS) });
  return { status: response.status, body: await jsonOf(response), retryAfter: response.headers.get('retry-after') };
};

/** What was read, or the answer that ended it. Here the data would be kept. */
const read = async (products, bank, token, actor) => {
  const balances = await readAkoya(`/balances/v2/${bank}`, token, actor);
  if (balances.status >= 300) return { ended: balances };
  const [first] = balances.body.accounts;
  const asOf = first?.depositAccount?.balanceAsOf;
  const brought = { status: balances.status, products: ['BALANCES'], transactions: 0, asOf };
  if (!products.includes('TRANSACTIONS')) return { brought };
  for (const { depositAccount } of balances.body.accounts) {
    if (depositAccount === undefined) continue;
    const page = await readAkoya(`/transactions/v2/${bank}/${depositAccount.accountId}`, token, actor);
    // The balances came: what did not is left out of the report.
    if (page.status >= 300) return { brought: { ...brought, status: 206 } };
    brought.transactions += page.body.transactions.length;
  }
  return { brought: { ...brought, products: [...brought.products, 'TRANSACTIONS'] } };
};

const reportOf = ({ ended, brought }) => {
  if (brought !== undefined) {
    const { status, products, transactions, asOf } = brought;
    const partial = status === 206 ? { products } : {};
    const newData = products.includes('TRANSACTIONS') ? { newData: transactions > 0 } : {};
    return { httpStatus: status, asOf, ...newData, ...partial };
  }
  const wait = Number(ended.retryAfter);
  const retryAt = wait > 0 ? { retryAt: new Date(Date.now() + wait * 1000).toISOString() } : {};
  const code = ended.body?.code === undefined ? {} : { code: ended.body.code };
  return { httpStatus: ended.status, ...code, ...retryAt };
};

const serve = async (task) => {
  const { body: connection } = await freshet('GET', `/v1/connections/${task.connectionId}`);
  const borrow = (refused) => freshet('POST', `/v1/tasks/${task.id}/token`, refused ? { refused } : {});
  let loan = await borrow(false);
  // 503: another of us renews it, and the next round has it. 409: only the customer helps, and the permit has ended.
  if (loan.status !== 200) return `no token: ${loan.body?.detail ?? loan.status}`;
  const readWith = () => read(task.products, connection.institutionId, loan.body.token, actorOf(task.permit));
  let result = await readWith();
  if (result.ended?.body?.code === 602) {
    loan = await borrow(true);
    if (loan.status !== 200) return `no token: ${loan.body?.detail ?? loan.status}`;
    result = await readWith();
  }
  const { body } = await freshet('POST', `/v1/tasks/${task.id}/outcome`, reportOf(result));
  return body.state ?? body.detail;
};

for await (const task of openPermits()) {
  // A read that threw may have been made: unreported, its money stays uncertain, which is the truth.
  const outcome = await serve(task).catch((error) => `not reported: ${error.name}`);
  console.log(`${task.id} ${task.permit.actorType} ${task.products.join('+')}: ${outcome}`);
}
