import { and, asc, eq, lte } from 'drizzle-orm';
import { selecting } from '../statement.js';
import { all, first, value, type Readers, type Schema } from './reader.js';

type OfPermits = 'tokenRenewal' | 'statusLook' | 'dueStatusLooks';

/** What stands beside a connection: how its token is renewed, when its status is looked at. */
export const permitReaders = ({ db, tables: { statusLook, tokenRenewal } }: Schema): Readers<OfPermits> => ({
  statusLook: first(
    selecting(
      db
        .select()
        .from(statusLook)
        .where(and(eq(statusLook.id, value('id')), eq(statusLook.tenantId, value('tenantId')))),
    ),
  ),
  dueStatusLooks: all(
    selecting(
      db
        .select({ tenantId: statusLook.tenantId, id: statusLook.id })
        .from(statusLook)
        .where(lte(statusLook.dueAt, value('now')))
        .orderBy(asc(statusLook.dueAt), asc(statusLook.id))
        .limit(value('limit')),
    ),
  ),
  tokenRenewal: first(
    selecting(
      db
        .select()
        .from(tokenRenewal)
        .where(and(eq(tokenRenewal.id, value('id')), eq(tokenRenewal.tenantId, value('tenantId')))),
    ),
  ),
});
