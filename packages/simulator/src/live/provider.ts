import type {
  ConnectorName,
  Done,
  DurationMs,
  ProviderEvent,
  RefreshAnswer,
  RefreshProgress,
  Unavailable,
} from '@freshet/domain';
import { MINUTE } from '@freshet/domain';
import type { CallContext, Connector, ProgressCall, RefreshCall, RefreshContext } from '@freshet/ports';
import { courseOf, type Course } from '../replay/course.js';
import { failsAt } from '../replay/replay.js';
import { accountWindow, type AccountWindow } from '../replay/windows.js';
import type { Trace } from '../workload/trace.js';
import type { Workload } from '../workload/workload.js';

/** What the provider counted: the truth, which the engine's own books are not asked for. */
export interface ProviderBooks {
  fresh: number;
  forced: number;
  failed: number;
  violations: number;
}

/** The provider of a workload: it knows the whole trace, and shows the engine only what a provider would. */
export interface SimulatedProvider {
  readonly connector: Connector;
  readonly books: Readonly<ProviderBooks>;
  readonly courses: readonly Course[];
  /** Somebody reads and waits for the refresh that was opened or joined for it. */
  readonly waitsFor: (connection: number, at: number) => void;
  /** Somebody reads what is there. */
  readonly readsNow: (isFresh: boolean) => void;
}

/** A customer who waits longer has gone, and saw the old copy. */
const PATIENCE_MS: DurationMs = 5 * MINUTE;

export const externalIdOf = (connection: number): string => `simulated-${connection}`;
const connectionOf = (externalId: string): number => Number(externalId.slice('simulated-'.length));

/** A job of the provider's: which connection's call it was, when it ends, and whether it brings anything. */
interface Job {
  readonly connection: number;
  readonly endsAt: number;
  readonly fails: boolean;
}

const elsewhere = async (): Promise<{ readonly kind: 'refused'; readonly message: string }> => ({
  kind: 'refused',
  message: 'the simulated provider does not do this',
});

const CAPABILITIES = {
  refresh: true,
  repair: false,
  addProducts: false,
  delete: false,
  imports: [],
  tellsStatus: false,
  showsRepair: false,
  showsData: false,
  webhooks: true,
} as const;

const eventsIn = (body: string): readonly ProviderEvent[] => JSON.parse(body) as readonly ProviderEvent[];

/** Who waits for which connection's call; they are there for so long, then they have gone. */
const waitingRoom = (connections: number, books: ProviderBooks) => {
  const waiting = Array.from({ length: connections }, (): number[] => []);
  const leave = (connection: number): readonly number[] => (waiting[connection] as number[]).splice(0);
  return {
    enter: (connection: number, at: number): void => void waiting[connection]?.push(at),
    served: (connection: number, at: number): void => {
      books.fresh += leave(connection).filter((since) => at - since <= PATIENCE_MS).length;
    },
    disappointed: leave,
  };
};

const connectorOf = (calls: Pick<Connector, 'name' | 'refresh' | 'progress'>): Connector => ({
  capabilities: CAPABILITIES,
  ...calls,
  status: async () => null,
  repair: elsewhere,
  addProducts: elsewhere,
  delete: elsewhere,
  import: elsewhere,
  verifyWebhook: async ({ headers }) => ({ genuine: true, eventKey: headers['event-id'] ?? '' }),
  translateWebhook: eventsIn,
});

/** The provider's own limits, which the engine may or may not have been told. */
const refusalOf = (
  workload: Workload,
  account: AccountWindow,
  course: Course,
  at: number,
): RefreshAnswer | undefined => {
  const opensAt = course.forcedAt() + workload.minGapMs;
  if (opensAt > at) return { kind: 'limited', until: workload.start + opensAt, scope: 'connection' };
  return account.isOpen(at) ? undefined : { kind: 'limited', until: null, scope: 'provider' };
};

/** A provider over a trace. It answers at once, or after `answersAfterMs` when it is looked at. */
export const simulatedProvider = (trace: Trace, name: ConnectorName, answersAfterMs: DurationMs): SimulatedProvider => {
  const { workload } = trace;
  const { start } = workload;
  const account = accountWindow(workload.cap);
  const courses = trace.connections.map((connection) => courseOf(connection, workload.backgroundEveryMs));
  const books: ProviderBooks = { fresh: 0, forced: 0, failed: 0, violations: 0 };
  const readers = waitingRoom(courses.length, books);
  const jobs = new Map<string, Job>();

  const begin = (connection: number, at: number): Job => {
    const course = courses[connection] as Course;
    const fails = failsAt(workload, connection, course.calls());
    account.enter(at);
    course.called(at);
    books.forced += 1;
    if (fails) books.failed += 1;
    return { connection, endsAt: at + answersAfterMs, fails };
  };
  const end = ({ connection, endsAt, fails }: Job): Done | Unavailable => {
    if (fails) {
      readers.disappointed(connection);
      return { kind: 'unavailable', who: 'institution', retryAt: null, message: 'the bank did not answer' };
    }
    const course = courses[connection] as Course;
    const newData = course.isStale(endsAt);
    course.pulled(endsAt);
    readers.served(connection, endsAt);
    return { kind: 'done', asOf: start + endsAt, newData };
  };

  const refresh = async (call: RefreshCall, context: RefreshContext): Promise<RefreshAnswer> => {
    await context.sending();
    const [connection, at] = [connectionOf(call.externalId), context.now() - start];
    const refusal = refusalOf(workload, account, courses[connection] as Course, at);
    if (refusal !== undefined) {
      books.violations += 1;
      return refusal;
    }
    const job = begin(connection, at);
    // A call that fails is taken first: it failed at the bank, not on the way to the provider.
    if (answersAfterMs === 0 && !job.fails) return end(job);
    jobs.set(call.pullId, job);
    return { kind: 'accepted', providerTaskId: call.pullId, coalesced: false };
  };
  const progress = async ({ providerTaskId }: ProgressCall, context: CallContext): Promise<RefreshProgress> => {
    const job = jobs.get(providerTaskId ?? '');
    if (job === undefined) return { kind: 'unknown', message: 'no such job' };
    if (context.now() - start < job.endsAt) return { kind: 'pending' };
    jobs.delete(providerTaskId ?? '');
    return end(job);
  };

  return {
    books,
    courses,
    waitsFor: readers.enter,
    readsNow: (isFresh) => {
      if (isFresh) books.fresh += 1;
    },
    connector: connectorOf({ name, refresh, progress }),
  };
};
