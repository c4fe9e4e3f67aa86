import { buildPolicyBook, type PolicySelector } from '../src/index.js';

/** The catalogue, with this file laid over it. */
export const bookOf = (policyFile?: unknown) => buildPolicyBook({ policyFile, hash: String });

export const selector = (given: Partial<PolicySelector> = {}): PolicySelector => ({
  tenantId: 'ten_a',
  connector: 'meld',
  provider: 'MX',
  institutionId: 'inst_a',
  connectionId: 'conn_a',
  ...given,
});
