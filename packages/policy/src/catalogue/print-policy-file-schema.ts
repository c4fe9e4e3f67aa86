import { z } from 'zod';
import { policyFileSchema } from './schema/policy-file.js';

/** In draft 7 a `$ref` hides what stands beside it, a description for one: both hold where it is one of `allOf`. */
const beside = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(beside);
  if (typeof node !== 'object' || node === null) return node;
  const { $ref, ...rest } = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, beside(value)]));
  if (typeof $ref !== 'string') return rest;
  if (Object.keys(rest).length === 0) return { $ref };
  const others: readonly unknown[] = Array.isArray(rest.allOf) ? rest.allOf : [];
  return { ...rest, allOf: [...others, { $ref }] };
};

/**
 * `policies/policy-file.schema.json`: what an editor can check of a policy file while it is typed. Draft 7, which every
 * editor knows. It sees spelling and shape; that a name leads somewhere, and that merged settings agree, only the start
 * sees.
 */
export const printPolicyFileSchema = (): string => {
  const schema = z.toJSONSchema(policyFileSchema, { io: 'input', target: 'draft-7', reused: 'ref' });
  return JSON.stringify(beside({ title: 'A policy file of Freshet', ...schema }), null, 2);
};
