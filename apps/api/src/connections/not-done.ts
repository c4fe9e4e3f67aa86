import type { NotDone } from '@freshet/flows';
import { notFound, Problem } from '../http/problem.js';

const failed = ({ why, message, retryAt }: Extract<NotDone, { kind: 'failed' }>): Problem => {
  if (why === 'refused') return new Problem('operation-not-allowed', `The provider refused it: ${message}.`);
  if (why === 'limited')
    return new Problem('rate-limited', `The provider limits it: ${message}.`, { limit: 'told-by-provider', retryAt });
  const detail =
    why === 'unavailable'
      ? `The provider is not available: ${message}.`
      : `The provider did not say whether it was done: ${message}.`;
  return new Problem('provider-closed', detail, { retryAt });
};

const configure = ({ needs }: Extract<NotDone, { kind: 'connector-off' }>): string =>
  needs.length === 0 ? 'This build has no connector of that name.' : `Set ${needs.join(' and ')}, and send this again.`;

/** Why an operation on a connection was not done, as a problem. */
export const notDone = (result: NotDone, operation: string): Problem => {
  switch (result.kind) {
    case 'not-found':
      return notFound('connection');
    case 'not-allowed': {
      const { status, statusReason } = result.connection;
      const standing = statusReason === null ? status : `${status} (${statusReason})`;
      return new Problem('operation-not-allowed', `A connection that is ${standing} cannot be ${operation}.`);
    }
    case 'connector-off':
      return new Problem(
        'provider-closed',
        `The connector ${result.connector} is not configured on this service, so the provider cannot be told. Nothing was done. ${configure(result)}`,
      );
    case 'failed':
      return failed(result);
  }
};
