import { HOUR, importOne, NOW, startRig, type Rig } from './rig.js';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const explained = async (id: string) => (await rig.get(`/v1/connections/${id}/explain`)).body;
const refresh = (id: string, body: unknown) => rig.post(`/v1/connections/${id}/refresh`, body);

it('tells what a request would come to now, and what the last ones came to', async () => {
  const { id } = await importOne(rig, { lastSuccessAt: new Date(NOW - 5 * HOUR).toISOString() });
  const before = await explained(id);
  expect(before.connectionId).toBe(id);
  expect(before.lately).toEqual([]);
  expect(before.text).toEqual([
    'It is ACTIVE.',
    'Its newest data is from 2026-11-21T04:30:00.000Z, 5 h ago.',
    'The next free refresh is expected at 2026-11-22T04:30:00.000Z.',
    before.now.auto.text,
    'A forced refresh without the customer would be forced now, for 0.10 USD.',
    'Nobody asked for a refresh in the last 30 days.',
  ]);
  expect(before.now).toMatchObject({
    auto: { verdict: 'wait', cost: null, changesAt: '2026-11-22T04:30:00.000Z' },
    unattended: { verdict: 'force', cost: { amount: '0.100000', currency: 'USD' } },
  });
  expect(before.now.auto.text).toMatch(
    /^A request in mode auto, without the customer, would wait for the free refresh\./,
  );

  const forced = await refresh(id, { mode: 'force' });
  const after = await explained(id);
  expect(after.now.unattended.verdict).toBe('join');
  expect(after.lately).toEqual([
    {
      decisionId: forced.body.decision.id,
      verdict: 'force',
      taskId: forced.body.task.id,
      text: `2026-11-21T09:30:00.000Z: a request in mode force without the customer was forced, for 0.10 USD. The refresh ${forced.body.task.id} is queued; its money is held until it ends.`,
      decidedAt: '2026-11-21T09:30:00.000Z',
    },
  ]);
});

it('is what the requests themselves are answered, and asks for nothing', async () => {
  const { id } = await importOne(rig, { status: 'RECONNECT_REQUIRED' });
  const told = await explained(id);
  const answer = await refresh(id, { mode: 'force' });
  expect(answer.body.detail).toContain(told.now.unattended.text.replace(/^.* would be refused\. /, ''));
  expect(told.text[0]).toBe('It is RECONNECT_REQUIRED.');
  expect(told.text.at(-1)).toBe('Nobody asked for a refresh in the last 30 days.');
  expect((await rig.get(`/v1/decisions?connectionId=${id}`)).body.data).toHaveLength(1);
});

it('shows no more than ten requests, the newest first', async () => {
  const { id } = await importOne(rig, { status: 'RECONNECT_REQUIRED' });
  const ids: string[] = [];
  for (let count = 0; count < 12; count += 1) ids.push((await refresh(id, { mode: 'force' })).body.decisionId);
  const { lately } = await explained(id);
  expect(lately.map(({ decisionId }: { decisionId: string }) => decisionId)).toEqual(ids.slice(2).reverse());
});

it('knows no connection of nobody', async () => {
  expect((await rig.get('/v1/connections/conn_01a1fd70-f1c0-7000-8000-00000000ffff/explain')).status).toBe(404);
});
