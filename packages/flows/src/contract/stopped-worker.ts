import type { RefreshAnswer } from '@freshet/domain';
import type { Connector, RefreshCall, RefreshContext } from '@freshet/ports';
import type { Engine } from '../index.js';
import { withConnector, type Rig } from './rig.js';

const ACCEPTED: RefreshAnswer = { kind: 'accepted', providerTaskId: 'job-1', coalesced: false };

/** The engine of a process whose calls go through `refresh`. */
export const calling = (
  rig: Rig,
  refresh: (call: RefreshCall, context: RefreshContext) => Promise<RefreshAnswer>,
  engine: Engine = rig.engine,
): Engine => withConnector(engine, { ...rig.meld, refresh } satisfies Connector);

/** A worker that is stopped at a point of its call; `go` lets it run on. */
export const stoppedWorker = (
  rig: Rig,
  where: 'before sending' | 'after sending',
  answer: RefreshAnswer = ACCEPTED,
) => {
  let go = (): void => undefined;
  let arrived = (): void => undefined;
  const released = new Promise<void>((resolve) => (go = resolve));
  const isThere = new Promise<void>((resolve) => (arrived = resolve));
  const stop = async (): Promise<void> => {
    arrived();
    await released;
  };
  const engine = calling(rig, async (call, context) => {
    if (where === 'before sending') await stop();
    rig.meld.script({ refresh: [answer] });
    if (where === 'before sending') return rig.meld.refresh(call, context);
    const answered = await rig.meld.refresh(call, context);
    await stop();
    return answered;
  });
  return { engine, isThere, go: () => go() };
};

/** Calls that the provider saw. */
export const billed = (rig: Rig): number => rig.meld.callsOf('refresh').length;
