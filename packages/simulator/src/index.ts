export * from './workload/workload.js';
export { traceOf, type SignalTrace, type Trace, type TracedConnection } from './workload/trace.js';
export { failsAt, replay } from './replay/replay.js';
export type { Moment, Ruler, RulerFamily } from './replay/ruler.js';
export * from './replay/rulers.js';
export { steer, type Steered } from './replay/steer.js';
export * from './replay/tally.js';
export { oracleOf, type Oracle } from './oracle/oracle.js';
export { scoreOf, type Score } from './oracle/score.js';
export { runPolicy, type LiveOptions, type LiveTally, type Place, type WatchedRead } from './live/run-policy.js';
export { simulatedBook, SIMULATED_CONNECTOR, SIMULATED_PROVIDER, type SimulatedBook } from './live/simulated-policy.js';
export type { KnownRates } from './live/true-rates.js';
export {
  experiment,
  type AtSpend,
  type Curve,
  type Experiment,
  type Point,
  type RunsPolicy,
} from './report/experiment.js';
export { experimentPlot } from './report/plot.js';
export { limitsPlot, type DayOfLimits } from './report/limits-plot.js';
export { pricePlot, type MonthOfMoney } from './report/price-plot.js';
export { weekPlot, type WeekOfOne } from './report/week-plot.js';
export { experimentTable, textTable } from './report/table.js';
export { HistoryError, historyOf, recordedCost, type History, type HistoryCost } from './history/recorded.js';
export { replayHistory, type HistoryReplay, type HistoryReplayOptions } from './history/replay-history.js';
export { historyTable } from './report/history-table.js';
