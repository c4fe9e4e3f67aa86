import { formatDuration, parseDuration, type DurationMs } from '@freshet/domain';
import { leastRetention, longestNeed, retentionRules, type Retention, type RetentionName } from '@freshet/flows';
import { z } from 'zod';

/** Not less than what somebody still needs of it. */
const kept = (name: RetentionName) =>
  z
    .string()
    .transform((text, context): DurationMs => {
      const ms = parseDuration(text.trim());
      const least = leastRetention(name);
      if (ms !== undefined && ms >= least) return ms;
      const { who } = longestNeed(name);
      const message =
        ms === undefined
          ? 'must be a duration such as P400D'
          : `must be at least ${formatDuration(least)}: ${who} needs it`;
      context.issues.push({ code: 'custom', input: text, message });
      return z.NEVER;
    })
    .default(retentionRules[name].otherwiseMs);

export const retentionVariables = {
  RETAIN_DECISIONS: kept('decisions'),
  RETAIN_REFRESHES: kept('refreshes'),
  RETAIN_PULLS: kept('pulls'),
  RETAIN_WEBHOOKS: kept('webhooks'),
  RETAIN_HISTORIES: kept('histories'),
  RETAIN_AUDITS: kept('audits'),
};

type RetentionEnvironment = {
  readonly [Name in keyof typeof retentionVariables]: z.output<(typeof retentionVariables)[Name]>;
};

export const retentionIn = (env: RetentionEnvironment): Retention => ({
  decisions: env.RETAIN_DECISIONS,
  refreshes: env.RETAIN_REFRESHES,
  pulls: env.RETAIN_PULLS,
  webhooks: env.RETAIN_WEBHOOKS,
  histories: env.RETAIN_HISTORIES,
  audits: env.RETAIN_AUDITS,
});
