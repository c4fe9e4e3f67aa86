import { z } from 'zod';
import { policyFileSchema } from './policy-file.js';

it('the schema of a policy file can be given to editors', () => {
  const schema = z.toJSONSchema(policyFileSchema, { io: 'input' });
  expect(Object.keys(schema.properties ?? {})).toEqual(['version', 'overrides', 'budgets', 'providers']);
});
