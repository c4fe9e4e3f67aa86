import { permissionsOf } from './permissions.js';
import { events, transitions, type Target } from './transitions.js';
import { reasonsByStatus, standings, statuses, type StatusAndReason } from './status.js';

const describe = (target: Target): string => {
  if (target === 'same') return 'stays';
  if (target === 'given') return 'as named';
  if (target === 'never') return '–';
  return target.reason === null ? target.status : `${target.status}/${target.reason}`;
};

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

const permissionRow = (current: StatusAndReason): string => {
  const may = permissionsOf(current);
  const refresh = may.refresh === 'attended' ? 'attended only' : may.refresh;
  const cells = [current.status, current.reason ?? '(none)', refresh, yesNo(may.repair), yesNo(may.updateProducts)];
  return `| ${[...cells, yesNo(may.delete), may.instead ?? ''].join(' | ')} |`;
};

const permissionTable = (): string[] => [
  '| status | reason | refresh | repair | update products | delete | instead of a refresh |',
  '| --- | --- | --- | --- | --- | --- | --- |',
  ...statuses.flatMap((status) =>
    [null, ...reasonsByStatus[status]].map((reason) => permissionRow({ status, reason })),
  ),
  permissionRow({ status: '(any other word)', reason: null }),
];

const transitionList = (standing: (typeof standings)[number]): string[] => [
  `### ${standing}`,
  '',
  '| event | leads to |',
  '| --- | --- |',
  ...events
    .filter((event) => transitions[standing][event] !== 'never')
    .map((event) => `| \`${event}\` | ${describe(transitions[standing][event])} |`),
  ...(events.every((event) => transitions[standing][event] === 'never') ? ['| (none) | final |'] : []),
  '',
];

/** `docs/transitions.md`: the tables that the code reads, in words. */
export const printTransitions = (): string =>
  [
    '# Statuses, permissions and transitions',
    '',
    'Printed from `packages/domain` by `npm run docs`. Change the tables there, not this page.',
    '',
    '## What each status allows',
    '',
    ...permissionTable(),
    '',
    '## Where each event leads',
    '',
    'An event that is not listed cannot happen in that status. *stays*: it happened and moves nothing; *as named*: the',
    'event itself names status and reason (a promoted twin takes those of the one before it; a provider tells its own).',
    '`INACTIVE_DUPLICATE` is PARTIALLY_ACTIVE with that reason; `UNKNOWN` is a word of a provider that we do not know.',
    '',
    ...standings.flatMap(transitionList),
  ].join('\n');
