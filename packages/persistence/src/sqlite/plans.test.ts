import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { countedPullStates } from '@freshet/domain';
import type { ReadName, UsageScope } from '@freshet/ports';
import type Database from 'better-sqlite3';
import { temporaryFile } from '../../test/temporary-file.js';
import type { Reader } from '../reads/index.js';
import { planned } from './driver.js';
import { openFile, type OpenFile } from './open.js';
import { readers } from './queries.js';

let file: OpenFile;
beforeAll(() => {
  file = openFile(temporaryFile(), false);
});
afterAll(() => {
  file.client.close();
  file.hold?.release();
});

const page = { tenantId: 't', limit: 1, before: 'x' };
const scan = { tenantId: 't', after: 'x', limit: 1 };
const scanByConnection = { ...scan, connectionId: 'c' };
const usageOf = (kind: UsageScope['kind'], over: object = {}) => ({
  ...{ tenantId: 't', scope: { kind }, origins: ['forced'], states: countedPullStates, attended: true, products: null },
  ...{ since: 0, take: 1, except: null, ...over },
});

/** Whether the pull was settled, charged, lost sight of. */
const fates = Array.from({ length: 3 }, () => 'ledger_entries_pull');

/** How far a page reaches, told by the index alone; its rows; and again how far they reach. */
const stretch = (index: string): readonly string[] => [index, index, index];

/** Each read, and the indexes that it goes by. */
const plans: readonly (readonly [read: ReadName, params: object, indexes: readonly string[]])[] = [
  ['connection', {}, ['sqlite_autoindex_connections_1']],
  ['group', {}, ['connections_group', 'sqlite_autoindex_connections_1']],
  ['groupByKey', {}, ['connections_living']],
  ['connectionByExternalId', {}, ['connections_identity']],
  ['connectionsByProviderId', { limit: 1 }, ['connections_provider_id']],
  ['task', {}, ['sqlite_autoindex_tasks_1']],
  ['openTask', {}, ['tasks_one_open']],
  ['taskByProviderTask', {}, ['tasks_provider_task']],
  ['pull', {}, ['sqlite_autoindex_pulls_1']],
  ['usage', usageOf('connection'), ['pulls_group', 'pulls_group', 'pulls_reserved']],
  ['usage', usageOf('group'), ['pulls_group', 'pulls_group', 'pulls_reserved']],
  ['usage', usageOf('customer-institution'), ['pulls_customer', 'pulls_customer', 'pulls_reserved']],
  ['usage', usageOf('customer'), ['pulls_customer', 'pulls_customer', 'pulls_reserved']],
  ['usage', usageOf('institution'), ['pulls_institution', 'pulls_institution', 'pulls_reserved']],
  ['usage', usageOf('account'), ['pulls_account', 'pulls_account', 'pulls_reserved']],
  ['usage', usageOf('group', { states: ['succeeded'] }), ['pulls_group']],
  [
    'usage',
    usageOf('group', { products: ['BALANCES', 'OWNERS'], except: 'x' }),
    ['pulls_group', 'pulls_group', 'pulls_reserved'],
  ],
  ['latestPull', usageOf('group'), ['pulls_group', 'pulls_reserved']],
  ['countedPulls', usageOf('group'), ['pulls_group', 'pulls_reserved']],
  ['countedPulls', usageOf('group', { states: ['succeeded'] }), ['pulls_group']],
  ['pullsBetween', { scope: { kind: 'group' }, from: 0, until: 1, limit: 9 }, ['pulls_group']],
  ['closures', {}, ['closures_key']],
  ['closuresOfTenant', {}, ['closures_scope']],
  ['budgetCounters', {}, ['budget_counters_period']],
  ['budgetAlerts', {}, ['budget_alerts_period']],
  ['ledgerTotals', { provider: null }, ['ledger_entries_time', ...fates]],
  ['ledgerTotals', { provider: 'x' }, ['ledger_entries_time', ...fates]],
  ['heldTotals', {}, ['ledger_entries_time', ...fates]],
  ['ledgerOfPull', {}, ['ledger_entries_pull']],
  ['spend', {}, ['ledger_entries_time', 'ledger_entries_pull', 'pulls_forced', 'ledger_entries_pull']],
  ['decision', {}, ['sqlite_autoindex_decisions_1']],
  ['pullsBetween', { scope: { kind: 'account' }, from: 0, until: 1, limit: 9 }, ['pulls_account']],
  ['requestCount', { take: 1 }, ['decisions_connection']],
  ['breaker', {}, ['sqlite_autoindex_breakers_1']],
  ['connectionRates', {}, ['sqlite_autoindex_connection_rates_1']],
  ['limitDemand', {}, ['sqlite_autoindex_limit_demands_1']],
  ['postingProfile', {}, ['sqlite_autoindex_posting_profiles_1']],
  ['pullPlan', {}, ['sqlite_autoindex_pull_plans_1']],
  ['keptSweep', {}, ['sqlite_autoindex_kept_sweeps_1']],
  ['duePullPlans', {}, ['pull_plans_due']],
  ['backgroundWatch', {}, ['sqlite_autoindex_background_watches_1']],
  ['dueBackgroundWatches', {}, ['background_watches_due']],
  ['lookLaneAfter', {}, ['background_watches_look']],
  ['looksOfLane', {}, ['background_watches_look']],
  ['watchedOfFeed', { institutionId: null }, ['background_watches_feed']],
  ['watchedOfFeed', { institutionId: 'x' }, ['background_watches_feed']],
  ['feed', {}, ['sqlite_autoindex_feeds_1']],
  ['silentFeedsOfTenant', {}, ['feeds_silent']],
  ['silentFeedCounts', {}, ['feeds_silent_counts']],
  ['duePullPlansOfTenant', {}, ['pull_plans_tenant']],
  ['pullPlanTenantAfter', { after: 'x' }, ['pull_plans_scan']],
  ['countDuePullPlans', {}, ['pull_plans_due']],
  ['countDuePullPlansOfTenant', {}, ['pull_plans_tenant']],
  ['pullPlansScan', scan, ['pull_plans_scan']],
  ['oldestPullPlans', {}, ['pull_plans_age']],
  ['statusLook', {}, ['sqlite_autoindex_status_looks_1']],
  ['dueStatusLooks', {}, ['status_looks_due']],
  ['tokenRenewal', {}, ['sqlite_autoindex_token_renewals_1']],
  ['idempotency', {}, ['sqlite_autoindex_idempotency_records_1']],
  ['webhook', {}, ['sqlite_autoindex_webhooks_1']],
  ['webhookByKey', {}, ['webhooks_event']],
  ['audit', {}, ['sqlite_autoindex_audits_1']],
  ['auditFigures', {}, ['sqlite_autoindex_audit_figures_1']],
  ['doneAuditBefore', {}, ['audits_done']],
  ['findingByKey', {}, ['findings_key']],
  ['finding', {}, ['sqlite_autoindex_findings_1']],
  ['repairsPage', page, ['repairs_page']],
  ['invoice', {}, ['sqlite_autoindex_invoices_1']],
  ['invoiceByHash', {}, ['invoices_file']],
  ['invoicesPage', page, ['invoices_page']],
  ['invoicesScan', scan, ['invoices_page']],
  ['invoiceLines', { unit: 'x', limit: 1 }, ['invoice_lines_unit']],
  ['invoiceUnitsScan', scan, ['invoice_lines_unit']],
  ['invoiceLinesScan', scan, ['invoice_lines_scan']],
  ['ledgerOfConnection', { from: 0, until: 1, limit: 1 }, ['ledger_entries_connection']],
  ['chargesScan', { ...scan, at: 0, until: 1 }, ['ledger_entries_time']],
  ['policyArchive', {}, ['sqlite_autoindex_policy_archives_1']],
  ['apiKeyByHash', {}, ['api_keys_hash']],
  ['setting', {}, ['sqlite_autoindex_settings_1']],
  ['dueTasks', {}, ['tasks_due']],
  ['dueTasksOfLane', {}, ['tasks_lane']],
  ['laneAfter', {}, ['tasks_lane']],
  ['deadLeases', {}, ['tasks_leased']],
  ['dueWebhooks', {}, ['webhooks_due']],
  ['nextDueAt', {}, ['tasks_due', 'webhooks_due']],
  ['abandonedConnects', {}, ['connections_connecting']],
  ['endingConsents', {}, ['connections_consent']],
  ['queuedAudits', {}, ['audits_queued']],
  ['oldJobRuns', {}, ['job_runs_start']],
  ['expiredIdempotency', {}, ['idempotency_records_expiry']],
  ['connectionsPage', page, ['connections_page']],
  ['connectionsPage', { ...page, status: 'x', provider: 'x', staleAt: 0 }, ['connections_page']],
  ['connectionsPage', { ...page, customerId: 'x' }, ['connections_customer']],
  ['connectionsPage', { ...page, duplicate: 'inactive' }, ['connections_page', 'connections_living']],
  ['decisionsPage', { ...page, verdict: 'force', from: 0, to: 1 }, ['decisions_page']],
  ['decisionsPage', { ...page, connectionId: 'x' }, ['decisions_connection']],
  ['tasksPage', { ...page, state: 'queued', executor: 'engine' }, ['tasks_page']],
  ['tasksPage', { ...page, connectionId: 'x' }, ['tasks_connection']],
  ['historyPage', page, ['status_changes_connection']],
  ['jobRunsPage', { job: 'x', before: null, limit: 1 }, ['job_runs_page']],
  ['jobRunsPage', { job: 'x', before: 'x', limit: 1 }, ['job_runs_page']],
  ['auditsPage', page, ['audits_page']],
  ['findingsPage', { ...page, check: 'x', severity: 'info' }, ['findings_page']],
  ['goneFindingsPage', page, ['findings_page', 'findings_key']],
  ['tenantAfter', { after: 'x' }, ['connections_customer']],
  ['groupShapes', scan, ['connections_living']],
  ['openTasksScan', scan, ['tasks_open']],
  ['ledgerScan', scanByConnection, ['ledger_entries_connection']],
  ['chainLinks', { ...scanByConnection, chain: 'decision' }, ['decisions_connection']],
  ['chainLinks', { ...scanByConnection, chain: 'ledgerEntry' }, ['ledger_entries_connection']],
  ['chainHeads', scan, ['chain_heads_scan']],
  ['chainCheckpoints', { ...scan, chain: 'decision' }, ['chain_checkpoints_scan']],
  ['oldestMoney', {}, ['ledger_entries_time']],
  ['unaskedMoney', { provider: null }, ['ledger_entries_time']],
  ['unaskedMoney', { provider: 'x' }, ['ledger_entries_time']],
  ['ledgerOfTask', {}, ['ledger_entries_task']],
  ...(
    [
      ['decision', 'decisions'],
      ['task', 'tasks'],
      ['ledgerEntry', 'ledger_entries'],
      ['pull', 'pulls'],
      ['webhook', 'webhooks'],
      ['statusChange', 'status_changes'],
      ['audit', 'audits'],
    ] as const
  ).map(([record, table]): [ReadName, object, readonly string[]] => [
    'oldestRows',
    { record, after: 'x', limit: 1 },
    [`sqlite_autoindex_${table}_1`],
  ]),
  ['tasksAgainstLedger', scan, [...stretch('tasks_page'), 'ledger_entries_task']],
  [
    'entriesAstray',
    { ...scan, connectionId: 'x' },
    [...stretch('ledger_entries_connection'), 'sqlite_autoindex_pulls_1', 'sqlite_autoindex_tasks_1'],
  ],
  [
    'wastefulConnections',
    { ...scan, since: 0, soonMs: 1 },
    [...stretch('connections_page'), 'tasks_connection', 'sqlite_autoindex_pulls_1', 'pulls_group', 'pulls_group'],
  ],
  ['twinConnections', scan, [...stretch('connections_page'), 'connections_customer']],
  ['refreshCounts', { ...scan, since: 0 }, ['tasks_page', 'tasks_page']],
  [
    'moneyOfDays',
    { ...scan, connectionId: 'x', since: 0 },
    ['ledger_entries_connection', 'ledger_entries_connection', 'ledger_entries_pull'],
  ],
  ['consentsEndingBy', { ...scan, until: 0 }, stretch('connections_page')],
  [
    'historiesScan',
    { ...scan, mostChanges: 2 },
    ['connections_page', 'status_changes_connection', 'connections_page', 'status_changes_connection'],
  ],
  ['connectionsScan', scan, ['connections_page']],
  ['decisionsScan', scan, ['decisions_page']],
  ['budgetCountersScan', { ...scan, at: 0 }, ['budget_counters_period']],
  ['forcedPullsScan', { ...scan, at: 0 }, ['pulls_forced']],
];

const detailsOf = (client: Database.Database, reader: Reader<object, unknown>, params: object): readonly string[] =>
  reader.statements(params).flatMap((statement) => {
    const values = statement.bind(reader.values(params)).map((value) => value ?? null);
    const steps = client.prepare(`explain query plan ${planned(statement.text)}`).all(values);
    return (steps as readonly { readonly detail: string }[]).map(({ detail }) => detail);
  });

/** The indexes that are walked from their start hold nothing but what is asked for. */
const walked: Readonly<Partial<Record<ReadName, readonly string[]>>> = {
  queuedAudits: ['SCAN audits USING INDEX audits_queued'],
  silentFeedCounts: ['SCAN feeds USING INDEX feeds_silent_counts'],
};

describe('each read goes by its index', () => {
  test.each(plans)('%s with %j', (name, params, indexes) => {
    const details = detailsOf(file.client, readers[name] as Reader<object, unknown>, params);
    const ofTables = details.filter((detail) => /^(SEARCH|SCAN) (?!counted|due|first_|newest|next)/.test(detail));
    expect(ofTables.map((detail) => / INDEX (\w+)/.exec(detail)?.[1])).toEqual(indexes);
    expect(ofTables.filter((detail) => detail.startsWith('SCAN'))).toEqual(walked[name] ?? []);
  });

  test('none is left out', () => {
    expect([...new Set(plans.map(([name]) => name))].sort()).toEqual(Object.keys(readers).sort());
  });

  test('usage is answered from the index alone', () => {
    for (const kind of ['connection', 'group', 'customer-institution', 'customer', 'institution', 'account'] as const) {
      const details = detailsOf(file.client, readers.usage as Reader<object, unknown>, usageOf(kind));
      expect(details.filter((detail) => detail.startsWith('SEARCH'))[0]).toContain('COVERING INDEX');
    }
  });
});
