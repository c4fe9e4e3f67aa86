import { z } from 'zod';

import { flag, instant, record, text } from '../http/wire-values.js';

/** Null is a word of MX's here (no credentials yet); undefined: not told. */
const statusWord = z.string().min(1).nullable().optional().catch(undefined);

/** What is read of a member, of its status, and of what a job's start answers: they share their names. */
export const mxMember = record({
  member: record({
    guid: text,
    connection_status: statusWord,
    /** When the last job started, of whatever kind. */
    aggregated_at: instant,
    successfully_aggregated_at: instant,
    is_being_aggregated: flag,
    /** While it is set MX does not attempt to aggregate. */
    needs_updated_credentials: flag,
    /** Typed as a boolean in MX's description, whose example is `JOB-...`. */
    most_recent_job_guid: text,
    has_processed_accounts: flag,
    has_processed_account_numbers: flag,
    has_processed_transactions: flag,
  }),
});
export type MxMember = z.infer<typeof mxMember>['member'];

export const mxWidget = record({ widget_url: record({ url: text }) });

const count = z.number().int().nonnegative().nullable().catch(null);
/**
 * Webhooks tell their times in whole seconds since 1970. The last moment of it is meant: MX's pauses count from the true
 * one, and may not be taken to end before they do.
 */
const unixTime = z
  .number()
  .int()
  .positive()
  .max(9_999_999_999)
  .nullable()
  .catch(null)
  .transform((seconds) => (seconds === null ? null : seconds * 1_000 + 999));

export const mxEvent = record({
  type: text,
  action: text,
  /** Of the member: `guid` in those about members themselves. */
  member_guid: text,
  guid: text,
  connection_status: statusWord,
  is_being_aggregated: flag,
  completed_at: unixTime,
  updated_at: unixTime,
  transactions_created_count: count,
  transactions_updated_count: count,
});
export type MxEvent = z.infer<typeof mxEvent>;
