import { openTaskStates, type Effect, type TaskState } from '@freshet/domain';
import type { Store } from '@freshet/ports';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/** Nest's name for the Metrics of the process. */
export const METRICS = Symbol('Metrics');

export interface Metrics {
  readonly registry: Registry;
  /** The same store; what its turns wrote is counted once it is durable. */
  readonly watch: (store: Store) => Store;
  readonly timeRequests: (server: FastifyInstance) => void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

const isEnd = (state: TaskState | undefined): state is TaskState =>
  state !== undefined && !(openTaskStates as readonly TaskState[]).includes(state);

const createCounters = (registry: Registry) => {
  const registers = [registry];
  return {
    requests: new Histogram({
      name: 'freshet_http_request_duration_seconds',
      help: 'From the first byte of a request to the last of its answer',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: SECONDS,
      registers,
    }),
    decisions: new Counter({
      name: 'freshet_decisions_total',
      help: 'Refresh decisions by verdict, and by what refused them',
      labelNames: ['verdict', 'refusal'] as const,
      registers,
    }),
    tasksEnded: new Counter({
      name: 'freshet_tasks_ended_total',
      help: 'Tasks by the state that they ended in',
      labelNames: ['state'] as const,
      registers,
    }),
    turns: new Counter({
      name: 'freshet_turns_total',
      help: 'Turns by how they went: durable, or failed as a whole',
      labelNames: ['result'] as const,
      registers,
    }),
  };
};

type Counters = ReturnType<typeof createCounters>;

const count = (counters: Counters, effect: Effect): void => {
  if (effect.do === 'insert' && effect.record === 'decision') {
    const { verdict, decision } = effect.row;
    counters.decisions.inc({ verdict, refusal: decision.refusal ?? '' });
  }
  if (effect.do === 'update' && effect.record === 'task' && isEnd(effect.set.state)) {
    counters.tasksEnded.inc({ state: effect.set.state });
  }
};

const watch = (counters: Counters, store: Store): Store => ({
  turn: async (load, decide) => {
    try {
      const decided = await store.turn(load, decide);
      counters.turns.inc({ result: 'durable' });
      for (const effect of decided.effects) count(counters, effect);
      return decided;
    } catch (error) {
      counters.turns.inc({ result: 'failed' });
      throw error;
    }
  },
  read: (name, params) => store.read(name, params),
  close: () => store.close(),
});

/** By the route's pattern, never by the path: what a stranger asks for must not fill the memory. */
const timeRequests = (counters: Counters, server: FastifyInstance): void => {
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched');
    const labels = { method: request.method, route, status: reply.statusCode };
    counters.requests.observe(labels, reply.elapsedTime / 1_000);
    done();
  });
};

/** A registry of its own, so that two services in one process do not share their figures. */
export const createMetrics = (): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = createCounters(registry);
  return {
    registry,
    watch: (store) => watch(counters, store),
    timeRequests: (server) => timeRequests(counters, server),
  };
};
