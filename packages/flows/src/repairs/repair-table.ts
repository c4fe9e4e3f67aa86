import { parseId, parseInstant } from '@freshet/domain';
import type { ConnectionId, Finding } from '@freshet/domain';
import { endConsent } from './end-consent.js';
import { endTask } from './end-task.js';
import { lookAtStatus } from './look-at-status.js';
import { recountBudget } from './recount-budget.js';
import type { Attempt, Repairing } from './recorded.js';
import { settleGroup } from './settle-group.js';

/** One thing that a repair of a finding does. */
export type RepairStep = (repairing: Repairing) => Promise<Attempt | readonly Attempt[]>;

/** What repairs the findings of one check. `why`: what it does, or why there is nothing safe to do. */
export interface RepairRule {
  readonly why: string;
  /** Empty: this finding has no repair. */
  readonly stepsFor: (finding: Finding) => readonly RepairStep[];
}

/** A finding about many is repaired for the first of them: their cause is one, and is found by a person. */
const MOST_STEPS = 20;

const textIn = (finding: Finding, name: string): string | undefined => {
  const value = finding.evidence[name];
  return typeof value === 'string' ? value : undefined;
};

/** The connections that a finding is about: its own, or the first of many. */
const connectionsOf = ({ connectionId, evidence }: Finding): readonly ConnectionId[] => {
  if (connectionId !== null) return [connectionId];
  const first: readonly unknown[] = Array.isArray(evidence.first) ? evidence.first : [];
  return first
    .map((each) => (each as { readonly id?: unknown } | null)?.id)
    .flatMap((id) => (typeof id === 'string' ? (parseId('connection', id) ?? []) : []))
    .slice(0, MOST_STEPS);
};

const looks = (finding: Finding): readonly RepairStep[] =>
  connectionsOf(finding).map((id) => (repairing) => lookAtStatus(repairing, id));

const none = (why: string): RepairRule => ({ why, stepsFor: () => [] });

/** By check. What is never touched: the ledger, decisions and histories. */
export const repairRules: Readonly<Record<string, RepairRule>> = {
  'duplicate-groups': {
    why: 'One member is elected by the rule of the group; the others step back.',
    stepsFor: (finding) => {
      const groupKey = textIn(finding, 'groupKey');
      // An active one that was never imported is not found here.
      return groupKey === undefined || finding.severity === 'info'
        ? []
        : [(repairing) => settleGroup(repairing, groupKey)];
    },
  },
  'status-histories': none('A history is never rewritten.'),
  'stuck-tasks': {
    why: 'Never sent, it is released; sent, it is looked at, and uncertain once its time is over. A lease that has run out is taken off.',
    stepsFor: (finding) => {
      const taskId = parseId('task', textIn(finding, 'taskId') ?? '');
      return taskId === undefined ? [] : [(repairing) => endTask(repairing, taskId)];
    },
  },
  'ledger-against-tasks': none('The ledger is never changed: a person decides which of the two is right.'),
  'entries-without-task': none('The ledger is never changed.'),
  'ledger-against-invoices': none(
    'The ledger is never changed: differences are claimed from the provider, or the price is corrected.',
  ),
  'decisions-reproduce': none('A decision is never rewritten.'),
  'hash-chains': none('What was written over here is made good from a backup alone.'),
  'wasted-pulls': none('The money is spent.'),
  'broken-windows': none('The calls are made.'),
  budgets: {
    why: 'Its counter is counted anew from the ledger. What is overspent, or held for what has ended, stays.',
    stepsFor: (finding) => {
      const [counterId, start] = [textIn(finding, 'counterId'), parseInstant(textIn(finding, 'periodStart') ?? '')];
      const { counter, ledger } = finding.evidence;
      const isMiscounted = JSON.stringify(counter) !== JSON.stringify(ledger);
      if (counterId === undefined || start === undefined || !isMiscounted) return [];
      return [(repairing) => recountBudget(repairing, counterId, start)];
    },
  },
  'billed-twins': none('Which links to delete is for a person to say: it takes the access away.'),
  'late-connections': {
    why: 'Its status is read at its provider, free of charge, and taken in; when its data is stale is reckoned anew.',
    stepsFor: looks,
  },
  'consents-ending': {
    why: 'Of those that have ended, the end is taken in as the catalogue says. Only its customer renews one that will.',
    stepsFor: (finding) =>
      textIn(finding, 'week') === undefined
        ? connectionsOf(finding).map((id) => (repairing) => endConsent(repairing, id))
        : [],
  },
  drift: {
    why: 'The status is read once more, free of charge, and taken in by the transition table.',
    stepsFor: looks,
  },
};

/** Nothing for a check that this version does not know. */
export const stepsFor = (finding: Finding): readonly RepairStep[] =>
  repairRules[finding.check]?.stepsFor(finding) ?? [];

export const isRepairable = (finding: Finding): boolean => stepsFor(finding).length > 0;
