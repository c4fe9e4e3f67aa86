import type { DurationMs } from '@freshet/domain';

/** Waits for the work, but no longer than that. */
export const within = async (boundMs: DurationMs, work: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => (timer = setTimeout(resolve, boundMs)));
  await Promise.race([work, bound]);
  clearTimeout(timer);
};
