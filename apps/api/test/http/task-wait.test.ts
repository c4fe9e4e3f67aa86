import { cancelTask } from '@freshet/flows';
import type { TaskId } from '@freshet/domain';
import { importOne, keys, startRig, TENANT, type Rig } from './rig.js';

let rig: Rig;
let id: TaskId;
beforeEach(async () => {
  rig = await startRig();
  const connection = await importOne(rig);
  id = (await rig.post(`/v1/connections/${connection.id}/refresh`, { mode: 'force' })).body.task.id;
});
afterEach(() => rig.close());

const waiting = (wait: string) => rig.get(`/v1/tasks/${id}?wait=${wait}`);

it('answers when the task has ended, to all who wait for it', async () => {
  const first = waiting('PT1M');
  const second = waiting('PT1M');
  await rig.get(`/v1/tasks/${id}`);
  await cancelTask(rig.engine, TENANT, id);
  expect((await first).body).toMatchObject({ id, state: 'cancelled' });
  expect((await second).body).toEqual((await first).body);
});

it('answers with the task as it stands when the time is over', async () => {
  expect((await waiting('PT0.05S')).body).toMatchObject({ id, state: 'queued' });
});

it('answers at once where it has ended already', async () => {
  await cancelTask(rig.engine, TENANT, id);
  expect((await waiting('PT1M')).body.state).toBe('cancelled');
});

it('holds nobody on while the service stops', async () => {
  const held = waiting('PT1M');
  await rig.get(`/v1/tasks/${id}`);
  const closed = rig.app.close();
  expect((await held).body.state).toBe('queued');
  await closed;
});

it('goes on with others when one who waits hangs up', async () => {
  const caller = new AbortController();
  const headers = { authorization: `Bearer ${keys.admin}` };
  const held = fetch(`${rig.url}/v1/tasks/${id}?wait=PT1M`, { headers, signal: caller.signal }).catch(() => 'gone');
  const other = waiting('PT1M');
  await rig.get(`/v1/tasks/${id}`);
  caller.abort();
  expect(await held).toBe('gone');
  await cancelTask(rig.engine, TENANT, id);
  expect((await other).body.state).toBe('cancelled');
});

it.each([
  ['PT61S', 'longer than nothing and at most PT1M'],
  ['20', 'must be an ISO-8601 duration such as PT20S'],
  ['PT0S', 'longer than nothing and at most PT1M'],
])('refuses to wait for %s', async (wait, message) => {
  const { status, body } = await waiting(wait);
  expect(status).toBe(400);
  expect(body.errors).toEqual([{ pointer: '/wait', message: expect.stringContaining(message) }]);
});

it('takes a minute, and not a second more', async () => {
  await cancelTask(rig.engine, TENANT, id);
  expect((await waiting('PT60S')).status).toBe(200);
});
