import type { Instant } from '@freshet/domain';
import { SECOND } from '@freshet/domain';

/** RFC 9110: whole seconds, or a date in GMT. Null where there is none, or none that can be read. */
export const readRetryAfter = (value: string | undefined, now: Instant): Instant | null => {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return now + Number(text) * SECOND;
  const at = / GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at;
};
