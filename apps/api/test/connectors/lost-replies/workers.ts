import type { RefreshAnswer, TaskId } from '@freshet/domain';
import { runTask, type Engine } from '@freshet/flows';
import type { Connector, RefreshCall, RefreshContext } from '@freshet/ports';
import type { Stop } from './scenario.js';

/** Workers of which each takes one task, and some stop in the middle of their call. */
export interface Workers {
  readonly run: typeof runTask;
  /** The next worker that calls for this connection stops there. */
  stopNext(externalId: string, where: Stop): void;
  /** Those that had stopped go on, and come to their end. */
  goOn(): Promise<void>;
  /** What a worker of its own failed at. */
  readonly failures: readonly string[];
}

interface Ghost {
  readonly go: () => void;
  readonly end: Promise<void>;
}

export const startWorkers = (): Workers => {
  const planned = new Map<string, Stop>();
  const ghosts: Ghost[] = [];
  const failures: string[] = [];
  let started = 0;

  /** The connector as one worker uses it; `stop` resolves once it may go on. */
  const stopping = (connector: Connector, stop: () => Promise<void>): Connector => {
    const refresh = async (call: RefreshCall, context: RefreshContext): Promise<RefreshAnswer> => {
      const where = planned.get(call.externalId);
      planned.delete(call.externalId);
      if (where === 'before it is sent') await stop();
      if (where !== 'before its first byte') {
        const answer = await connector.refresh(call, context);
        if (where === 'before its answer is written') await stop();
        return answer;
      }
      const sending = async (): Promise<void> => {
        await context.sending();
        await stop();
        throw new Error('the worker is gone');
      };
      return connector.refresh(call, { ...context, sending });
    };
    return { ...connector, refresh };
  };

  const run = async (engine: Engine, tenantId: Parameters<typeof runTask>[1], id: TaskId): Promise<void> => {
    let isGone = (): void => undefined;
    const gone = new Promise<void>((resolve) => (isGone = resolve));
    let go = (): void => undefined;
    const maySo = new Promise<void>((resolve) => (go = resolve));
    let stopped = false;
    const stop = (): Promise<void> => {
      stopped = true;
      isGone();
      return maySo;
    };
    started += 1;
    const connectors = new Map([...engine.connectorsOf(tenantId)].map(([name, one]) => [name, stopping(one, stop)]));
    const worker: Engine = { ...engine, workerId: `worker-${started}`, connectorsOf: () => connectors };
    const end = runTask(worker, tenantId, id).catch((error: unknown) => void failures.push(String(error)));
    await Promise.race([end, gone]);
    if (stopped) ghosts.push({ go, end });
  };

  return {
    run,
    stopNext: (externalId, where) => void planned.set(externalId, where),
    goOn: async () => {
      const back = ghosts.splice(0);
      for (const { go } of back) go();
      await Promise.all(back.map(({ end }) => end));
    },
    failures,
  };
};
