import type { Instant } from '@freshet/domain';

/** `<time> <id>`: where a scan in an order of time has got to. */
export const keyInTime = (at: Instant, id: string): string => `${at} ${id}`;

/** What such a key says; without one, the scan begins at that time. */
export const placeInTime = (key: string, from: Instant): { readonly at: Instant; readonly after: string } => {
  if (key === '') return { at: from, after: '' };
  const space = key.indexOf(' ');
  return { at: Number(key.slice(0, space)), after: key.slice(space + 1) };
};
