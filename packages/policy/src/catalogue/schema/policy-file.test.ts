import { parseAmount, parseDuration } from '@freshet/domain';
import { z } from 'zod';
import { printPolicyFileSchema } from '../print-policy-file-schema.js';
import { amount, duration } from './values.js';

interface JsonSchema {
  readonly properties: Readonly<Record<string, unknown>>;
}

const schema = JSON.parse(printPolicyFileSchema()) as JsonSchema;

/** The pattern that editors are given for texts of this kind. */
const patternOf = (kind: typeof duration): RegExp => {
  const { pattern } = z.toJSONSchema(kind, { io: 'input' });
  return new RegExp(pattern ?? '(?!)');
};

it('the schema of a policy file can be given to editors', () => {
  expect(Object.keys(schema.properties)).toEqual(['version', 'overrides', 'budgets', 'providers']);
});

it('no reference hides what stands beside it', () => {
  const hidden: unknown[] = [];
  JSON.stringify(schema, (_key, value: unknown) => {
    if (typeof value === 'object' && value !== null && '$ref' in value && Object.keys(value).length > 1)
      hidden.push(value);
    return value;
  });
  expect(hidden).toEqual([]);
});

it.each([
  ['PT3H', true],
  ['P1D', true],
  ['P2W', true],
  ['P1DT0.5S', true],
  ['PT1H30M', true],
  ['PT0S', true],
  ['P', false],
  ['PT', false],
  ['P1DT', false],
  ['P1M', false],
  ['P1Y', false],
  ['-PT1H', false],
  ['3h', false],
  ['P1WT1H', false],
])('an editor takes %s for a duration: %s, and so does the start', (text, taken) => {
  expect(patternOf(duration).test(text)).toBe(taken);
  expect(parseDuration(text) !== undefined).toBe(taken);
});

it.each([
  ['0.12', true],
  ['100', true],
  ['0.000001', true],
  ['-1', false],
  ['1,00', false],
  ['.5', false],
  ['1.0000001', false],
])('an editor takes %s for an amount: %s, and so does the start', (text, taken) => {
  expect(patternOf(amount).test(text)).toBe(taken);
  expect((parseAmount(text) ?? -1) >= 0).toBe(taken);
});
