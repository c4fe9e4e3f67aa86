import { expect, test } from '@jest/globals';
import { insert, type AuditId, type ConnectionId, type FindingId, type InvoiceId } from '@freshet/domain';
import * as a from './samples.js';
import type { Current } from './subject.js';

const { NOW, tenantId, otherTenantId } = a;
const page = { tenantId, before: null, limit: 9 };
const invoiceId = a.id<InvoiceId>('inv', 1);

export const invoiceReadsContract = (current: Current): void => {
  test('a finding is one of its tenant, and repairs are those of one audit, the newest first', async () => {
    const ofOther = a.id<AuditId>('aud', 2);
    await current().apply(
      insert('finding', a.finding(1)),
      ...[1, 3, 2].map((number) => insert('repair', a.repair(number))),
      insert('repair', a.repair(4, { auditId: ofOther })),
      insert('repair', a.repair(5, { tenantId: otherTenantId })),
    );
    const id = a.id<FindingId>('fnd', 1);
    expect(await current().read('finding', { tenantId, id })).toEqual(a.finding(1));
    expect(await current().read('finding', { tenantId: otherTenantId, id })).toBeNull();
    const auditId = a.id<AuditId>('aud', 1);
    expect(await current().ids('repairsPage', { ...page, auditId })).toEqual(
      [3, 2, 1].map((number) => a.id('rep', number)),
    );
    expect(await current().ids('repairsPage', { ...page, auditId, before: a.id('rep', 3), limit: 1 })).toEqual([
      a.id('rep', 2),
    ]);
  });

  test('an invoice is found by its id and by the hash of its file, each of its tenant', async () => {
    await current().apply(
      ...[2, 1].map((number) => insert('invoice', a.invoice(number))),
      insert('invoice', a.invoice(3, { tenantId: otherTenantId, hash: 'hash of 1' })),
    );
    expect(await current().read('invoice', { tenantId, id: invoiceId })).toEqual(a.invoice(1));
    expect(await current().read('invoice', { tenantId: otherTenantId, id: invoiceId })).toBeNull();
    expect(await current().read('invoiceByHash', { tenantId, hash: 'hash of 2' })).toEqual(a.invoice(2));
    expect(await current().read('invoiceByHash', { tenantId, hash: 'hash of 3' })).toBeNull();
    expect(await current().ids('invoicesPage', page)).toEqual([2, 1].map((number) => a.id('inv', number)));
    expect(await current().ids('invoicesPage', { ...page, before: a.id('inv', 2) })).toEqual([invoiceId]);
    expect(await current().ids('invoicesScan', { tenantId, after: '', limit: 1 })).toEqual([invoiceId]);
    expect(await current().ids('invoicesScan', { tenantId, after: invoiceId, limit: 9 })).toEqual([a.id('inv', 2)]);
  });

  test('one file is one invoice of a tenant', async () => {
    await current().apply(insert('invoice', a.invoice(1)));
    await expect(current().apply(insert('invoice', a.invoice(2, { hash: 'hash of 1' })))).rejects.toThrow(
      'invoices_file',
    );
  });

  test('lines are read by their units, in the order of their time', async () => {
    await current().apply(
      insert('invoiceLine', a.invoiceLine(1, { unit: 'b', at: NOW + 1 })),
      insert('invoiceLine', a.invoiceLine(2, { unit: 'b' })),
      insert('invoiceLine', a.invoiceLine(4, { unit: 'b', at: NOW + 1 })),
      insert('invoiceLine', a.invoiceLine(3, { unit: 'a' })),
      insert('invoiceLine', a.invoiceLine(5, { unit: 'c' })),
      insert('invoiceLine', a.invoiceLine(6, { id: 'other', unit: 'b', invoiceId: a.id<InvoiceId>('inv', 2) })),
    );
    const units = (after: string, limit: number) =>
      current().read('invoiceUnitsScan', { tenantId, invoiceId, after, limit });
    expect(await units('', 2)).toEqual([{ unit: 'a' }, { unit: 'b' }]);
    expect(await units('b', 2)).toEqual([{ unit: 'c' }]);
    expect(
      await current().read('invoiceUnitsScan', { tenantId: otherTenantId, invoiceId, after: '', limit: 2 }),
    ).toEqual([]);
    const lines = await current().read('invoiceLines', { tenantId, invoiceId, unit: 'b', limit: 2 });
    expect(lines.map(({ line }) => line)).toEqual([2, 1]);
    const all = await current().read('invoiceLinesScan', {
      ...{ tenantId, invoiceId, limit: 9 },
      after: a.invoiceLine(1).id,
    });
    expect(all.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
  });

  test('the ledger of a connection is read between two times', async () => {
    const of = (number: number, time: number, over: object = {}) =>
      insert('ledgerEntry', a.ledgerEntry(number, { at: NOW + time, ...over }));
    await current().apply(
      of(1, 3),
      of(2, 1),
      of(4, 2),
      of(3, 2),
      of(5, 0),
      of(6, 4),
      of(7, 2, { connectionId: a.id('conn', 2) }),
      of(8, 2, { tenantId: otherTenantId }),
    );
    const asked = { tenantId, connectionId: a.id<ConnectionId>('conn', 1), from: NOW + 1, until: NOW + 4 };
    const ids = [2, 3, 4, 1].map((number) => a.id('led', number));
    expect(await current().ids('ledgerOfConnection', { ...asked, limit: 9 })).toEqual(ids);
    expect(await current().ids('ledgerOfConnection', { ...asked, limit: 2 })).toEqual(ids.slice(0, 2));
  });

  test('what is owed, or may be, is walked by its time, then by its id', async () => {
    const of = (number: number, time: number, kind: 'reserved' | 'charged' | 'released' | 'uncertain', over = {}) =>
      insert('ledgerEntry', a.ledgerEntry(number, { at: NOW + time, kind, ...over }));
    await current().apply(
      of(1, 3, 'charged'),
      of(2, 1, 'reserved'),
      of(4, 2, 'charged'),
      of(3, 2, 'uncertain'),
      of(5, 2, 'released'),
      of(6, 4, 'charged'),
      of(7, 2, 'charged', { tenantId: otherTenantId }),
    );
    const behind = (time: number, after: string, limit: number) =>
      current().ids('chargesScan', { tenantId, at: NOW + time, after, until: NOW + 4, limit });
    expect(await behind(0, '', 9)).toEqual([3, 4, 1].map((number) => a.id('led', number)));
    expect(await behind(2, a.id('led', 3), 1)).toEqual([a.id('led', 4)]);
    expect(await behind(2, a.id('led', 4), 9)).toEqual([a.id('led', 1)]);
  });

  test('connections are found by what they are at their provider, deleted ones too', async () => {
    const of = (number: number, over: object = {}) =>
      insert('connection', a.connection(number, { providerConnectionId: 'member', ...over }));
    await current().apply(
      of(2),
      of(1, { status: 'DELETED' }),
      of(3, { providerConnectionId: null }),
      of(4, { connector: 'mx' }),
      of(5, { tenantId: otherTenantId }),
    );
    const asked = { tenantId, connector: 'meld', providerConnectionId: 'member' };
    expect(await current().ids('connectionsByProviderId', { ...asked, limit: 9 })).toEqual(
      [1, 2].map((number) => a.id('conn', number)),
    );
    expect(await current().ids('connectionsByProviderId', { ...asked, limit: 1 })).toEqual([a.id('conn', 1)]);
  });
};
