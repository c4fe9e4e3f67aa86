import { openTaskStates, type Effect, type TaskState } from '@freshet/domain';
import type { Store } from '@freshet/ports';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { RequestTimes } from './request-times.js';
import { gaugeSilentFeeds } from './silent-feeds.js';
import { createTally } from './tally.js';

/** Nest's name for the Metrics of the process. */
export const METRICS = Symbol('Metrics');

export interface Metrics {
  readonly registry: Registry;
  /** The same store; what its turns wrote is counted once it is durable. */
  readonly watch: (store: Store) => Store;
  readonly timeRequests: (server: FastifyInstance) => void;
  /** Everything, in the text format of Prometheus. */
  readonly text: () => Promise<string>;
}

const isEnd = (state: TaskState | undefined): state is TaskState =>
  state !== undefined && !(openTaskStates as readonly TaskState[]).includes(state);

const createTallies = (registry: Registry) => ({
  decisions: createTally(registry, {
    name: 'freshet_decisions_total',
    help: 'Refresh decisions by verdict, and by what refused them',
    labels: ['verdict', 'refusal'],
  }),
  tasksEnded: createTally(registry, {
    name: 'freshet_tasks_ended_total',
    help: 'Tasks by the state that they ended in',
    labels: ['state'],
  }),
  turns: createTally(registry, {
    name: 'freshet_turns_total',
    help: 'Turns by how they went: durable, or failed as a whole',
    labels: ['result'],
  }),
});

type Tallies = ReturnType<typeof createTallies>;

const count = ({ decisions, tasksEnded }: Tallies, effect: Effect): void => {
  if (effect.do === 'insert' && effect.record === 'decision') {
    decisions(effect.row.verdict, effect.row.decision.refusal ?? '');
  }
  if (effect.do === 'update' && effect.record === 'task' && isEnd(effect.set.state)) tasksEnded(effect.set.state);
};

const watch = (tallies: Tallies, store: Store): Store => ({
  turn: (load, decide) =>
    store.turn(load, decide).then(
      (decided) => {
        tallies.turns('durable');
        for (const effect of decided.effects) count(tallies, effect);
        return decided;
      },
      (error: unknown) => {
        tallies.turns('failed');
        throw error;
      },
    ),
  read: (name, params) => store.read(name, params),
  close: () => store.close(),
});

/** By the route's pattern, never by the path: what a stranger asks for must not fill the memory. */
const timeRequests = (times: RequestTimes, server: FastifyInstance): void => {
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched');
    times.observe(request.method, route, reply.statusCode, reply.elapsedTime / 1_000);
    done();
  });
};

/** A registry of its own, so that two services in one process do not share their figures. */
export const createMetrics = (): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const tallies = createTallies(registry);
  const times = new RequestTimes();
  return {
    registry,
    watch: (store) => {
      gaugeSilentFeeds(registry, store);
      return watch(tallies, store);
    },
    timeRequests: (server) => timeRequests(times, server),
    text: async () => `${await registry.metrics()}\n${times.text()}`,
  };
};
