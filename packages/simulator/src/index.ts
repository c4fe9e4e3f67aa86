export * from './workload/workload.js';
export { traceOf, type SignalTrace, type Trace, type TracedConnection } from './workload/trace.js';
export { failsAt, replay } from './replay/replay.js';
export type { Moment, Ruler, RulerFamily } from './replay/ruler.js';
export * from './replay/rulers.js';
export { steer, type Steered } from './replay/steer.js';
export * from './replay/tally.js';
export { oracleOf, type Oracle } from './oracle/oracle.js';
export { scoreOf, type Score } from './oracle/score.js';
