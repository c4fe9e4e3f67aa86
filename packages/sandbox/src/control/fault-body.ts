import { ANY_OPERATION_FAULTS, FAULTS, type NewFault } from '../faults.js';
import type { Fields } from '../wire/fields.js';

/** Null where something is wrong with it; `fields` says what. */
export function readFault(fields: Fields): NewFault | null {
  const provider = fields.needText('provider');
  const externalId = fields.text('externalId');
  fields.need('fault');
  const fault = fields.choice('fault', FAULTS);
  const operation = fields.text('operation') ?? 'refresh';
  const isEndless = fields.isNull('times');
  const times = fields.wholeNumber('times', 0) ?? 1;
  const retryAfterSeconds = fields.wholeNumber('retryAfter', 0);
  if (fault !== null && operation !== 'refresh' && !ANY_OPERATION_FAULTS.includes(fault)) {
    fields.fail('operation', `can only be refresh for ${fault}`);
  }
  fields.refuseOthers();
  if (!fields.ok || fault === null) return null;
  return {
    provider,
    externalId,
    fault,
    operation,
    timesLeft: isEndless || times === 0 ? null : times,
    retryAfterSeconds,
  };
}
