import { formatDuration } from '@freshet/domain';
import { DRIFT_SAMPLE, LARGEST_DRIFT_SAMPLE, leastRetention, retentionRules, type RetentionName } from '@freshet/flows';
import type { serviceVariables } from './settings.js';

interface Meaning {
  /** What holds without it. */
  readonly otherwise: string;
  readonly meaning: string;
}

/** How long something is kept, at least for whom, and what stays anyway. */
const kept = (name: RetentionName): Meaning => {
  const { what, otherwiseMs, stays } = retentionRules[name];
  return {
    otherwise: `\`${formatDuration(otherwiseMs)}\``,
    meaning: `how long ${what} are kept, at least \`${formatDuration(leastRetention(name))}\`; longer stays: ${stays}`,
  };
};

/** What each of the service's own variables is for: one that is not told of here does not compile. */
export const settingMeanings: Readonly<Record<keyof typeof serviceVariables, Meaning>> = {
  PORT: { otherwise: '`3000`', meaning: 'where the service listens' },
  HOST: { otherwise: '`127.0.0.1`', meaning: 'the address that it listens on' },
  DATABASE_URL: { otherwise: '`file:./data/freshet.db`', meaning: 'the SQLite file; its folder is made' },
  POLICY_FILE: { otherwise: 'none', meaning: 'overrides and budgets, YAML (see `policies/`)' },
  CONNECTORS_FILE: {
    otherwise: 'none',
    meaning: 'credentials of several tenants, YAML (see [connectors](connectors.md#a-credentials-file))',
  },
  FRESHET_API_KEY: { otherwise: 'made and shown once', meaning: 'the admin key of the default tenant' },
  FRESHET_ENCRYPTION_KEY: {
    otherwise: 'sandbox: made, kept in `<database>.key`',
    meaning: '32 bytes as base64 or hex; seals credentials and customers’ addresses',
  },
  PUBLIC_URL: {
    otherwise: '`http://127.0.0.1:<PORT>`',
    meaning: 'what providers’ webhooks are sent to; part of Meld’s signature',
  },
  SANDBOX_PORT: { otherwise: '`3001`', meaning: 'where the emulator listens' },
  LOG_LEVEL: { otherwise: '`info`', meaning: '`trace` to `fatal`, or `silent`' },
  TRUSTED_PROXIES: {
    otherwise: 'none',
    meaning:
      'addresses or networks (`10.0.0.7, 10.0.0.0/8`) whose `X-Forwarded-For` is believed; without it the socket’s address counts',
  },
  WRONG_KEYS_PER_MINUTE: {
    otherwise: '`20`',
    meaning:
      'requests without a valid key from one address that are told 401; further ones are told 429. A valid key passes all the same',
  },
  MAX_CONNECTIONS: {
    otherwise: '`1000`',
    meaning: 'open connections; the next one is closed at once, health checks too',
  },
  HEADERS_TIMEOUT: {
    otherwise: '`PT15S`',
    meaning: 'how long a request’s head may take to arrive; then 408, and closed',
  },
  REQUEST_TIMEOUT: { otherwise: '`PT30S`', meaning: 'the same of all of it' },
  KEEP_ALIVE_TIMEOUT: {
    otherwise: '`PT72S`',
    meaning: 'how long a connection stays open between requests: longer than a balancer’s own',
  },
  CONNECTION_TIMEOUT: {
    otherwise: '`PT10M`',
    meaning: 'how long a connection may stand still while a request is under way',
  },
  RETAIN_DECISIONS: kept('decisions'),
  RETAIN_REFRESHES: kept('refreshes'),
  RETAIN_PULLS: kept('pulls'),
  RETAIN_WEBHOOKS: kept('webhooks'),
  RETAIN_HISTORIES: kept('histories'),
  RETAIN_AUDITS: kept('audits'),
  AUDIT_DRIFT_SAMPLE: {
    otherwise: `\`${DRIFT_SAMPLE}\``,
    meaning: `how many connections of each provider an audit reads the status of there, free of charge, at most \`${LARGEST_DRIFT_SAMPLE}\`; \`0\`: none, and the report says that \`drift\` was not asked`,
  },
};
