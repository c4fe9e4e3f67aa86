import type { LoanResult } from '@freshet/flows';
import { z } from 'zod';
import { optional } from '../http/fields.js';
import { notFound, Problem } from '../http/problem.js';
import { instantView, toInstantOrNull } from '../http/wire.js';

export interface LoanAsked {
  readonly refused: boolean;
}

/** An empty body asks for the token as it is. */
export const loanBody = z
  .strictObject({
    refused: optional(
      z
        .boolean()
        .describe('The token that was lent for this permit was answered as dead: renew it early, once for a permit.'),
    ),
  })
  .nullish()
  .transform((given): LoanAsked => ({ refused: given?.refused ?? false }));

export const loanView = z.object({ token: z.string(), expiresAt: instantView.nullable() }).meta({ id: 'TokenLoan' });

/** The token, or the problem that keeps it from being lent. */
export const toLoan = (result: LoanResult): z.infer<typeof loanView> => {
  switch (result.kind) {
    case 'lent':
      return { token: result.token, expiresAt: toInstantOrNull(result.expiresAt) };
    case 'not-found':
      throw notFound('task');
    case 'not-allowed': {
      const { executor, state } = result.task;
      throw new Problem('operation-not-allowed', `A task of executor ${executor} that is ${state} lends no token.`);
    }
    case 'not-kept':
      throw new Problem(
        'operation-not-allowed',
        'This service keeps no token of the connection: its team does, and reads with its own.',
      );
    case 'connector-off':
      throw new Problem(
        'provider-closed',
        `The connector ${result.connector} is not configured on this service, so the token cannot be read or renewed.`,
      );
    case 'not-refreshable': {
      const { status, statusReason, id } = result.connection;
      const standing = statusReason === null ? status : `${status} (${statusReason})`;
      throw new Problem(
        'not-refreshable',
        `The connection is ${standing}: its token is dead, and the customer has to give access anew.`,
        { operation: 'repair', connectionId: id },
      );
    }
    case 'later':
      throw new Problem('provider-closed', 'The token is being renewed, or its service does not answer for now.', {
        retryAt: result.retryAt,
      });
  }
};
