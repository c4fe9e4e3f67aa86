import { DAY, type DurationMs } from '@freshet/domain';

/*
 * How far back checks look. In a file of its own: what is kept is derived from it, and the checks ask what is kept.
 */

/** Waste and twins: what was paid in this time. */
export const LOOK_BACK_MS: DurationMs = 30 * DAY;

/** Of budgets' periods that ended earlier nothing moves any more: other nights have looked at them. */
export const PERIODS_BACK_MS: DurationMs = 40 * DAY;

/** Forced pulls that are older were looked at on other nights, and by rules that may have been others. */
export const WINDOWS_BACK_MS: DurationMs = 7 * DAY;
