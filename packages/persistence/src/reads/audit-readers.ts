import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { audits } from '../schema/conditions.js';
import { selecting } from '../statement.js';
import { inTenant } from './by-key-readers.js';
import { first, value, type Readers, type Schema } from './reader.js';

type ByAudit = 'audit' | 'auditFigures' | 'doneAuditBefore' | 'findingByKey';

/** Audits, what they added up, and what they found of one thing. */
export const auditReaders = ({ db, tables: { audit, auditFigures, finding } }: Schema): Readers<ByAudit> => ({
  audit: first(selecting(db.select().from(audit).where(inTenant(audit)))),
  auditFigures: first(selecting(db.select().from(auditFigures).where(inTenant(auditFigures)))),
  doneAuditBefore: first(
    selecting(
      db
        .select()
        .from(audit)
        .where(
          and(
            eq(audit.tenantId, value('tenantId')),
            eq(audit.trigger, value('trigger')),
            lt(audit.id, value('id')),
            audits.done(audit),
          ),
        )
        .orderBy(desc(audit.id))
        .limit(1),
    ),
  ),
  findingByKey: first(
    selecting(
      db
        .select()
        .from(finding)
        .where(
          and(
            eq(finding.auditId, value('auditId')),
            eq(finding.check, value('check')),
            eq(finding.key, value('key')),
            // Spelled so that the tenant's index is not taken for the key's own.
            sql`${finding.tenantId} || '' = ${value('tenantId')}`,
          ),
        )
        .limit(1),
    ),
  ),
});
