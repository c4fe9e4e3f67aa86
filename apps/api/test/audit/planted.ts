import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { Money, Severity, Task } from '@freshet/domain';
import { importInvoice } from '@freshet/flows';
import { TENANT, type LivedIn, type Rig, type RigOptions } from '@freshet/flows/contract';

/** What a row knows of the database that it is planted into. */
export interface Place extends LivedIn {
  readonly now: number;
  /** A refresh that waits for a worker, with its money held. */
  readonly open: Task;
  /** Both connections of one member: the active one first. */
  readonly twins: readonly [string, string];
}

/** One finding, as far as a row names it. Null: about no one connection, or no money. */
export interface Expected {
  readonly check: string;
  readonly severity: Severity;
  readonly says: RegExp;
  readonly connectionId: string | null;
  readonly money: Money | null;
}

/** A fault that somebody put into the file past the engine, and everything that the audit says of it. */
export interface PlantedFault {
  /** The check that this row is for. */
  readonly check: string;
  readonly fault: string;
  readonly sql: (place: Place) => readonly string[];
  readonly finds: (place: Place) => readonly Expected[];
}

/** Providers show what is kept here, until somebody changes that. */
export const SHOWN: NonNullable<RigOptions['meld']> = { status: [{ status: 'ACTIVE', reason: null, at: null }] };

const COLUMNS = { time: 'time', amount: 'amount', connection: 'connection', job: 'job', product: null, currency: null };

/** What Plaid billed of that day: its one refresh, at the price that it was held at. */
const bill = async ({ engine, store }: Rig, { plaid, tasks: [, , refreshed] }: LivedIn): Promise<void> => {
  const pull = refreshed && (await store.read('pull', { tenantId: TENANT, id: refreshed.pullId }));
  const at = pull?.sentAt ?? 0;
  const terms = {
    ...{ connector: 'meld', provider: 'PLAID', currency: 'USD', timeZone: 'UTC' },
    ...{ from: at - HOUR, until: at + HOUR, toleranceMs: MINUTE, hash: 'planted', leftOut: 0, columns: COLUMNS },
    namesBy: 'externalId',
  } as const;
  const line = { line: 2, at, until: at + 1, connection: plaid.externalId, job: null, product: null, products: [] };
  const result = await importInvoice(engine, TENANT, terms, [{ ...line, micros: micros(refreshed) }]);
  if (result.kind !== 'imported') throw new Error(`the invoice is ${result.kind}`);
};

export const placeOf = async (rig: Rig, lived: LivedIn, open: Task): Promise<Place> => {
  const { store, clock } = rig;
  await bill(rig, lived);
  const group = await store.read('groupByKey', {
    tenantId: open.tenantId,
    groupKey: JSON.stringify(['connection', 'MX', 'mx-member-1']),
  });
  const active = group.find((member) => member.active)?.id ?? '';
  const inactive = group.find((member) => !member.active)?.id ?? '';
  return { ...lived, now: clock.now(), open, twins: [active, inactive] };
};

const quoted = (text: string | undefined): string => `'${text ?? ''}'`;
const micros = (task: Task | undefined): number => task?.cost?.micros ?? 0;
const usd = (amount: number): Money => ({ micros: amount, currency: 'USD' });
const critical = 'critical' as const;
const warning = 'warning' as const;

/** Whatever is written over in decisions or ledger breaks its chain as well. */
const brokenChain = (of: 'decisions' | 'ledger entries', connectionId: string, says: RegExp): Expected => ({
  check: 'hash-chains',
  severity: critical,
  says: new RegExp(`a connection's ${of} is broken: .*${says.source}`),
  connectionId,
  money: null,
});

export const plantedFaults: readonly PlantedFault[] = [
  {
    check: 'duplicate-groups',
    fault: 'two active twins, where the index that forbids them was dropped',
    sql: ({ twins }) => [
      'drop index connections_one_active',
      `update connections set active = 1 where id = ${quoted(twins[1])}`,
    ],
    finds: ({ twins }) => [
      {
        check: 'duplicate-groups',
        severity: critical,
        says: /^2 of 2 connections/,
        connectionId: twins[0],
        money: null,
      },
      { check: 'drift', severity: 'info', says: /both allow the same/, connectionId: twins[1], money: null },
    ],
  },
  {
    check: 'duplicate-groups',
    fault: 'a group without an active one',
    sql: ({ twins }) => [`update connections set active = 0 where id = ${quoted(twins[0])}`],
    finds: ({ twins }) => [
      {
        check: 'duplicate-groups',
        severity: critical,
        says: /^none of the 2/,
        connectionId: twins.toSorted()[0] ?? '',
        money: null,
      },
    ],
  },
  {
    check: 'status-histories',
    fault: 'a status that nothing led to',
    sql: ({ quiet }) => [`update connections set status = 'RECONNECT_REQUIRED' where id = ${quoted(quiet.id)}`],
    finds: ({ quiet }) => [
      {
        check: 'status-histories',
        severity: critical,
        says: /its history ends at ACTIVE/,
        connectionId: quiet.id,
        money: null,
      },
      { check: 'drift', severity: warning, says: /and not here$/, connectionId: quiet.id, money: null },
    ],
  },
  {
    check: 'status-histories',
    fault: 'a history that is gone, and a step that was written over',
    sql: ({ quiet }) => [
      `delete from status_changes where connection_id = ${quoted(quiet.id)}`,
      `update status_changes set event = 'repaired' where event = 'provider_named'`,
    ],
    finds: ({ busy, quiet }) => [
      {
        check: 'status-histories',
        severity: warning,
        says: /repaired led from ACTIVE/,
        connectionId: busy.id,
        money: null,
      },
      { check: 'status-histories', severity: critical, says: /has no history/, connectionId: quiet.id, money: null },
    ],
  },
  {
    check: 'stuck-tasks',
    fault: 'a refresh that nobody will ever look at again',
    sql: ({ open }) => [`update tasks set state = 'running', due_at = null where id = ${quoted(open.id)}`],
    finds: ({ open }) => [
      {
        check: 'stuck-tasks',
        severity: critical,
        says: /without a time at which anybody looks/,
        connectionId: open.connectionId,
        money: open.cost,
      },
    ],
  },
  {
    check: 'stuck-tasks',
    fault: 'a lease whose worker is long gone',
    sql: ({ open, now }) => [
      `update tasks set state = 'running', give_up_at = ${now - HOUR}, lease_owner = 'gone', lease_until = ${now - HOUR}
        where id = ${quoted(open.id)}`,
    ],
    finds: ({ open }) => [
      {
        check: 'stuck-tasks',
        severity: critical,
        says: /should have been given up 1 h ago/,
        connectionId: open.connectionId,
        money: open.cost,
      },
    ],
  },
  {
    check: 'ledger-against-tasks',
    fault: 'a charge that was written over',
    sql: ({ tasks }) => [`update tasks set charge = 'reserved' where id = ${quoted(tasks[0]?.id)}`],
    finds: ({ busy, tasks }) => [
      {
        check: 'ledger-against-tasks',
        severity: critical,
        says: /still reserved/,
        connectionId: busy.id,
        money: usd(micros(tasks[0])),
      },
    ],
  },
  {
    check: 'entries-without-task',
    fault: 'money whose refresh was deleted',
    sql: ({ tasks }) => [`delete from tasks where id = ${quoted(tasks[2]?.id)}`],
    finds: ({ plaid, tasks }) => [
      {
        check: 'entries-without-task',
        severity: critical,
        says: /for a refresh that does not exist/,
        connectionId: plaid.id,
        money: usd(micros(tasks[2])),
      },
    ],
  },
  {
    check: 'ledger-against-invoices',
    fault: 'a line that bills more than the ledger has, and one that nobody asked for',
    sql: () => [
      `insert into invoice_lines (id, tenant_id, invoice_id, line, unit, at, until, connection, job, product, products, micros)
        select invoice_id || '/000000003', tenant_id, invoice_id, 3, 'job unknown', at, until, null, 'unknown', product, products, 70000
        from invoice_lines`,
      `update invoice_lines set micros = micros + 50000 where line = 2`,
    ],
    finds: ({ plaid }) => [
      {
        check: 'ledger-against-invoices',
        severity: critical,
        says: /1 charge billed at another amount/,
        connectionId: plaid.id,
        money: usd(50_000),
      },
      {
        check: 'ledger-against-invoices',
        severity: critical,
        says: /1 line bills what nobody here has asked for/,
        connectionId: null,
        money: usd(70_000),
      },
    ],
  },
  {
    check: 'ledger-against-invoices',
    fault: 'a line that is gone',
    sql: () => [`delete from invoice_lines`],
    finds: ({ plaid, tasks }) => [
      {
        check: 'ledger-against-invoices',
        severity: warning,
        says: /1 charge recorded here, but not billed/,
        connectionId: plaid.id,
        money: usd(micros(tasks[2])),
      },
    ],
  },
  {
    check: 'drift',
    fault: 'a status that was kept as the provider does not show it',
    sql: ({ quiet, now }) => [
      `update connections set status = 'DEGRADED', status_reason = 'INTERACTIVE_REFRESH' where id = ${quoted(quiet.id)}`,
      `insert into status_changes (id, tenant_id, connection_id, event, from_status, from_reason, to_status, to_reason, cause, at)
        select id || 'z', tenant_id, connection_id, 'provider_named', 'ACTIVE', null, 'DEGRADED', 'INTERACTIVE_REFRESH', 'planted', ${now}
        from status_changes where connection_id = ${quoted(quiet.id)} order by id desc limit 1`,
    ],
    finds: ({ quiet }) => [
      {
        check: 'drift',
        severity: warning,
        says: /DEGRADED \(INTERACTIVE_REFRESH\) here, and ACTIVE at its provider/,
        connectionId: quiet.id,
        money: null,
      },
    ],
  },
  {
    check: 'hash-chains',
    fault: 'a cause that was written over in the ledger, and a decision that is gone',
    sql: ({ plaid, quiet }) => [
      `update ledger_entries set cause = 'nobody' where kind = 'charged' and connection_id = ${quoted(plaid.id)}`,
      `delete from decisions where connection_id = ${quoted(quiet.id)}`,
    ],
    finds: ({ plaid, quiet }) => [
      brokenChain('ledger entries', plaid.id, /is not as it was written$/),
      brokenChain('decisions', quiet.id, /is gone, and no checkpoint stands for them$/),
    ],
  },
  {
    check: 'decisions-reproduce',
    fault: 'a policy that was lost',
    sql: () => ['delete from policy_archives'],
    finds: () => [
      {
        check: 'decisions-reproduce',
        severity: warning,
        says: /name a policy that is not archived/,
        connectionId: null,
        money: null,
      },
    ],
  },
  {
    check: 'decisions-reproduce',
    fault: 'reasons and a price that were written over',
    sql: ({ busy, quiet }) => [
      `update decisions set decision = json_set(decision, '$.cost.micros', 20000)
        where verdict = 'force' and connection_id = ${quoted(busy.id)}`,
      `update decisions set decision = json_remove(decision, '$.reasons[0]') where connection_id = ${quoted(quiet.id)}`,
    ],
    finds: ({ busy, quiet, tasks }) => [
      {
        check: 'decisions-reproduce',
        severity: critical,
        says: /^2 decisions .* would cost something else/,
        connectionId: null,
        money: usd(micros(tasks[0]) + micros(tasks[1]) - 2 * 20_000),
      },
      {
        check: 'decisions-reproduce',
        severity: warning,
        says: /would have other reasons/,
        connectionId: quiet.id,
        money: null,
      },
      brokenChain('decisions', busy.id, /is not as it was written; and 1 more$/),
      brokenChain('decisions', quiet.id, /is not as it was written$/),
    ],
  },
  {
    check: 'wasted-pulls',
    fault: 'charged pulls that brought nothing new',
    sql: ({ busy }) => [`update tasks set new_data = 0 where connection_id = ${quoted(busy.id)}`],
    finds: ({ busy, tasks }) => [
      {
        check: 'wasted-pulls',
        severity: 'info',
        says: /^2 forced pulls .* brought nothing new/,
        connectionId: busy.id,
        money: usd(micros(tasks[0]) + micros(tasks[1])),
      },
    ],
  },
  {
    check: 'wasted-pulls',
    fault: 'a free pull minutes after a charged one',
    sql: ({ busy, quiet, tasks }) => [
      `update pulls set origin = 'background', group_key = (select group_key from connections where id = ${quoted(busy.id)}),
        at = (select max(at) + 60000 from pulls where task_id = ${quoted(tasks[0]?.id)})
        where connection_id = ${quoted(quiet.id)} and origin = 'import'`,
    ],
    finds: ({ busy, tasks }) => [
      {
        check: 'wasted-pulls',
        severity: 'info',
        says: /came minutes before a free one/,
        connectionId: busy.id,
        money: usd(micros(tasks[0])),
      },
    ],
  },
  {
    check: 'broken-windows',
    fault: 'a pull that a cooldown forbade',
    sql: ({ tasks: [first, second] }) => [
      `update pulls set sent_at = (select at + ${HOUR} from pulls where id = ${quoted(first?.pullId)})
        where id = ${quoted(second?.pullId)}`,
    ],
    finds: ({ busy, tasks }) => [
      {
        check: 'broken-windows',
        severity: critical,
        says: /mx-cooldown/,
        connectionId: busy.id,
        money: tasks[1]?.cost ?? null,
      },
    ],
  },
  {
    check: 'budgets',
    fault: 'a counter that was changed',
    sql: () => [`update budget_counters set charged_micros = charged_micros - 10000 where provider = 'MX'`],
    finds: () => [
      { check: 'budgets', severity: critical, says: /the budget mx-day/, connectionId: null, money: usd(10_000) },
    ],
  },
  {
    check: 'budgets',
    fault: 'money that is held for a refresh that has ended',
    sql: ({ tasks }) => [
      `delete from ledger_entries where kind = 'charged' and task_id = ${quoted(tasks[0]?.id)}`,
      `update budget_counters set charged_micros = charged_micros - ${micros(tasks[0])},
        reserved_micros = reserved_micros + ${micros(tasks[0])}`,
    ],
    finds: ({ busy, tasks }) => [
      {
        check: 'ledger-against-tasks',
        severity: critical,
        says: /was reserved, but/,
        connectionId: busy.id,
        money: usd(micros(tasks[0])),
      },
      {
        check: 'budgets',
        severity: critical,
        says: /the budget month/,
        connectionId: null,
        money: usd(micros(tasks[0])),
      },
      {
        check: 'budgets',
        severity: critical,
        says: /the budget mx-day/,
        connectionId: null,
        money: usd(micros(tasks[0])),
      },
      brokenChain('ledger entries', busy.id, /is gone, and no checkpoint stands for them$/),
    ],
  },
  {
    check: 'billed-twins',
    fault: 'a second link to one login',
    sql: ({ quiet }) => [
      `update connections set provider = 'PLAID', customer_id = 'customer-3', last_success_at = 9e14
        where id = ${quoted(quiet.id)}`,
    ],
    finds: ({ quiet, tasks }) => [
      {
        check: 'billed-twins',
        severity: warning,
        says: /each for itself: what is not needed has cost/,
        connectionId: quiet.id,
        money: tasks[2]?.cost ?? null,
      },
    ],
  },
  {
    check: 'late-connections',
    fault: 'connections that no data came to for a month',
    sql: ({ quiet, plaid, now }) => [
      `update connections set last_success_at = ${now - 30 * DAY} where id = ${quoted(quiet.id)}`,
      `update connections set last_success_at = null, connected_at = ${now - 30 * DAY} where id = ${quoted(plaid.id)}`,
    ],
    finds: ({ quiet, plaid }) => [
      {
        check: 'late-connections',
        severity: critical,
        says: /ACTIVE, but without any data/,
        connectionId: quiet.id,
        money: null,
      },
      { check: 'late-connections', severity: critical, says: /starving/, connectionId: plaid.id, money: null },
    ],
  },
  {
    check: 'consents-ending',
    fault: 'a consent that ends tomorrow, and one that ended unnoticed',
    sql: ({ busy, quiet, now }) => [
      `update connections set consent_expires_at = ${now + DAY} where id = ${quoted(busy.id)}`,
      `update connections set consent_expires_at = ${now - MINUTE} where id = ${quoted(quiet.id)}`,
    ],
    finds: ({ busy, quiet }) => [
      {
        check: 'consents-ending',
        severity: warning,
        says: /ended, and the connection may still be refreshed/,
        connectionId: quiet.id,
        money: null,
      },
      {
        check: 'consents-ending',
        severity: 'info',
        says: /1 consent ends in the week of/,
        connectionId: busy.id,
        money: null,
      },
    ],
  },
];
