import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { ConnectionId } from '@freshet/domain';
import { ask, bringIn, budRow, force, MORNING, pass, rigsOver, runDue, taskOf, type OpenStore } from './rig.js';

export const maintenanceStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('a bank in maintenance', () => {
    const answer = { kind: 'unavailable', who: 'institution', retryAt: null, message: 'maintenance' } as const;
    const maintained = (until: number | null, kind: 'refresh' | 'progress') => ({
      bud: { [kind]: [{ ...answer, maintenanceUntil: until }] },
    });

    test('is closed until then, also to its other customers; the call waits, and nobody else is refused', async () => {
      const rig = newRig(maintained(MORNING + 2 * HOUR, 'refresh'));
      const [own, neighbour, elsewhere] = await bringIn(rig, [
        budRow(),
        budRow({ customerId: 'customer-2' }),
        budRow({ institutionId: 'bank-2' }),
      ]);
      const task = await force(rig, own?.id as ConnectionId);
      await runDue(rig);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', dueAt: MORNING + 2 * HOUR });
      expect(await ask(rig, neighbour?.id as ConnectionId)).toMatchObject({
        record: { decision: { refusal: 'provider-closed', retryAt: MORNING + 2 * HOUR } },
      });
      expect(await ask(rig, elsewhere?.id as ConnectionId)).toMatchObject({ record: { verdict: 'force' } });
      rig.bud.script({ refresh: [{ kind: 'done', asOf: null, newData: true }] });
      rig.clock.set(MORNING + 2 * HOUR);
      await runDue(rig);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded', charge: 'charged' });
      expect(await ask(rig, neighbour?.id as ConnectionId)).toMatchObject({ record: { verdict: 'force' } });
    });

    test('that ends a refresh under way closes it as well, and looks again where no end is told', async () => {
      const rig = newRig(maintained(null, 'progress'));
      const [own, neighbour] = await bringIn(rig, [budRow(), budRow({ customerId: 'customer-2' })]);
      const task = await force(rig, own?.id as ConnectionId);
      await pass(rig, MINUTE, SECOND);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'failed', error: { kind: 'institution-unavailable' } });
      const { record } = await ask(rig, neighbour?.id as ConnectionId);
      expect(record.decision.refusal).toBe('provider-closed');
      rig.clock.set(record.decision.retryAt ?? 0);
      expect(await ask(rig, neighbour?.id as ConnectionId)).toMatchObject({ record: { verdict: 'force' } });
    });
  });
};
