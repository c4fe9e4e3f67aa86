import type { Instant, LeftOutCause } from '@freshet/domain';
import { candidateAt } from '../sweep/columns.js';
import { leftOutOf } from '../sweep/next-pull.js';
import { pullBounds, pullCauses, type PullBound, type SweepPlan } from '../sweep/plan.js';
import { ownPullAt, type OwnPullTime } from './own-candidate.js';

/** What only those who see all others know: there the plan has the time, elsewhere the connection's own has it. */
const seesOthers: ReadonlySet<PullBound> = new Set<PullBound>(['closed', 'account-cap', 'institution-cap']);

/** Of those whose period is their gap: neither is anybody's fault. */
export const inItsPeriod: ReadonlySet<LeftOutCause> = new Set<LeftOutCause>(['not-due', 'gap']);

const isStarving = ({ pulls }: SweepPlan, place: number): boolean =>
  pullCauses[pulls.causes[place] as number] === 'starving';

const isPlans = (plan: SweepPlan, place: number): boolean =>
  isStarving(plan, place) || seesOthers.has(pullBounds[plan.pulls.bounds[place] as number] as PullBound);

/**
 * Of each connection of a plan the time of its next pull, by its row; `anchors`: when each would go where nothing was
 * short. What is shut now has the time that it would have: the pull itself asks again, and it may be open by then.
 */
export const plannedTimes = (plan: SweepPlan, anchors: ArrayLike<Instant>): ((row: number) => OwnPullTime) => {
  const { columns, pulls, from } = plan;
  const first = new Int32Array(columns.ids.length).fill(-1);
  for (let place = pulls.candidates.length - 1; place >= 0; place -= 1)
    first[pulls.candidates[place] as number] = place;
  return (row) => {
    const candidate = { ...candidateAt(columns, row), closedUntil: null };
    const own = ownPullAt(candidate, plan, { from, anchor: anchors[row] as number });
    const cause = leftOutOf(plan, row);
    if (own.at === null) return own;
    const place = first[row] as number;
    if (place >= 0 && isPlans(plan, place))
      return { ...own, at: pulls.at[place] as number, held: isStarving(plan, place) ? 'starving' : own.held };
    return cause === null || inItsPeriod.has(cause) ? own : { ...own, held: cause };
  };
};
