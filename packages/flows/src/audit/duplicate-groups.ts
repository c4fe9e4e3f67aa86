import { permissionsOf, standingOf } from '@freshet/domain';
import type { Connection } from '@freshet/domain';
import { read, type GroupShape, type Loader } from '@freshet/ports';
import { defineCheck, MOST_IDS, type AuditPlace, type Found } from './check.js';

/** A group, with its members where its shape calls for a closer look. */
export interface GroupToJudge {
  readonly shape: GroupShape;
  readonly members: readonly Connection[];
}

function* groups(place: AuditPlace): Loader<readonly GroupToJudge[]> {
  const { tenantId, after, limit } = place;
  const shapes = yield* read('groupShapes', { tenantId, after, limit });
  const toJudge: GroupToJudge[] = [];
  for (const shape of shapes) {
    const alone = shape.living === 1 && shape.active === 1;
    const members = alone ? [] : yield* read('groupByKey', { tenantId, groupKey: shape.groupKey });
    toJudge.push({ shape, members });
  }
  return toJudge;
}

const statusOf = ({ status, statusReason }: Connection) => ({ status, reason: statusReason });
const saysInactive = (member: Connection): boolean => standingOf(statusOf(member)) === 'INACTIVE_DUPLICATE';
const idsOf = (members: readonly Connection[]): readonly string[] => members.slice(0, MOST_IDS).map(({ id }) => id);

const evidenceOf = ({ shape, members }: GroupToJudge): Found['evidence'] => ({
  groupKey: shape.groupKey,
  living: shape.living,
  activeConnectionIds: idsOf(members.filter(({ active }) => active)),
  connections: members.slice(0, MOST_IDS).map(({ id, externalId, active, status, statusReason }) => ({
    id,
    externalId,
    active,
    status,
    statusReason,
  })),
});

const several = (group: GroupToJudge): Found => ({
  key: `several ${group.shape.groupKey}`,
  severity: 'critical',
  connectionId: group.members.find(({ active }) => active)?.id ?? null,
  summary: `${group.shape.active} of ${group.shape.living} connections to one provider connection are active: each may be refreshed, and billed, by itself`,
  action: 'Find out which one the provider keeps up, and delete or demote the others.',
  money: null,
  evidence: evidenceOf(group),
});

const none = (group: GroupToJudge): Found => ({
  key: `none ${group.shape.groupKey}`,
  severity: 'critical',
  connectionId: group.members[0]?.id ?? null,
  summary: `none of the ${group.shape.living} connections to one provider connection is active: nothing keeps it up`,
  action: 'Refresh or import again the one that the provider keeps up: it becomes the active one.',
  money: null,
  evidence: evidenceOf(group),
});

/** A member that stepped back, but whose status lets a reader take it for the active one. */
const unmarked = (group: GroupToJudge, member: Connection): Found => ({
  key: member.id,
  severity: permissionsOf(statusOf(member)).refresh === 'yes' ? 'critical' : 'warning',
  connectionId: member.id,
  summary: `an inactive duplicate has status ${member.status} instead of PARTIALLY_ACTIVE (INACTIVE_DUPLICATE): the group seems to have two active connections`,
  action: 'Import it again: the group then settles which one is active, and marks the others.',
  money: null,
  evidence: evidenceOf(group),
});

const unknownActive = (group: GroupToJudge): Found => ({
  key: `unknown ${group.shape.groupKey}`,
  severity: 'info',
  connectionId: group.members.find(({ active }) => active)?.id ?? null,
  summary:
    'every known connection of the group calls itself an inactive duplicate: the active one may never have been imported',
  action: 'Import the active one, or refresh one of these: it becomes the active one.',
  money: null,
  evidence: evidenceOf(group),
});

export const judgeGroup = (group: GroupToJudge): readonly Found[] => {
  const { shape, members } = group;
  if (shape.active > 1) return [several(group)];
  if (shape.active === 0) return [none(group)];
  if (shape.living < 2) return [];
  if (members.every(saysInactive)) return [unknownActive(group)];
  return members.filter((member) => !member.active && !saysInactive(member)).map((member) => unmarked(group, member));
};

export const duplicateGroups = defineCheck<GroupToJudge>({
  name: 'duplicate-groups',
  question: 'Has each provider connection exactly one active connection here, so that it is refreshed and billed once?',
  rows: groups,
  keyOf: ({ shape }) => shape.groupKey,
  judge: judgeGroup,
});
