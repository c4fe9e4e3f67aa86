import type { DecisionReason, Instant, OpenTaskFacts, Product, TimeRange } from '@freshet/domain';
import type { Considered } from './gate.js';
import { because } from './gate.js';

/** What comes by its date: a range says nothing of the rest. */
const dated: readonly Product[] = ['TRANSACTIONS', 'INVESTMENT_TRANSACTIONS'];

/** What joining does to the range of the task that is joined, and what is to be said of it. */
export interface RangeInFlight {
  readonly widens: TimeRange | null;
  readonly reasons: readonly DecisionReason[];
}

const fits: RangeInFlight = { widens: null, reasons: [] };

/** From when the provider brings data where it is not told: some days before the last ones, and all where there are none. */
const fromUntold = ({ facts }: Considered, range: NonNullable<Considered['policy']['range']>): Instant =>
  Math.max(facts.now - range.maxBackMs, (facts.active.lastSuccessAt ?? Number.NEGATIVE_INFINITY) - range.overlapMs);

/**
 * Whether the open task brings the whole range asked for. While it is queued its range is widened: gate 2 has found the
 * one asked for within the provider's reach, and a longer one costs nothing more.
 */
export const rangeInFlight = (considered: Considered, task: OpenTaskFacts): RangeInFlight => {
  const { request, policy, products } = considered;
  if (policy.range === null || !products.some((product) => dated.includes(product))) return fits;
  const untold = fromUntold(considered, policy.range);
  const [from, broughtFrom] = [request.from ?? untold, task.from ?? untold];
  const lacksOlder = from < broughtFrom;
  const lacksNewer = task.to !== null && (request.to === null || request.to > task.to);
  if (!lacksOlder && !lacksNewer) return fits;
  if (task.state !== 'queued') {
    const data = { from, to: request.to, broughtFrom, broughtTo: task.to };
    return { widens: null, reasons: [because('in-flight', 'IN_FLIGHT_LACKS_RANGE', data)] };
  }
  const widens = { from: lacksOlder ? request.from : task.from, to: lacksNewer ? request.to : task.to };
  const data = { from: Math.min(from, broughtFrom), to: widens.to };
  return { widens, reasons: [because('in-flight', 'IN_FLIGHT_RANGE_WIDENED', data)] };
};
