import type { z } from 'zod';
import { invalidRequest, type Fault, type Problem } from './problem.js';

/** More than a person reads; a batch of a thousand rows can have ten times as many. */
const MAX_FAULTS = 500;

type Path = readonly PropertyKey[];
type RawIssue = z.core.$ZodRawIssue;

/** RFC 6901. */
const pointerTo = (path: Path): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** `connections[17].provider`. */
const nameOf = (path: Path): string =>
  path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`;
    return name === '' ? String(part) : `${name}.${String(part)}`;
  }, '');

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

const isAbsent = (input: unknown): boolean => input === undefined || input === null;

const unit = (origin: string, count: number | bigint): string => {
  if (origin === 'string') return `${count} ${Number(count) === 1 ? 'character' : 'characters'}`;
  return `${count} ${Number(count) === 1 ? 'entry' : 'entries'}`;
};

/** What the rule wants, beginning with a verb; the name of the field is put before it. */
export const ruleOf = (issue: RawIssue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return isAbsent(issue.input) ? 'is required' : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return isAbsent(issue.input)
        ? `is required: one of ${issue.values.join(', ')}`
        : `must be one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `must have at least ${unit(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `must have at most ${unit(issue.origin, issue.maximum)}`;
    default:
      return issue.message ?? 'is not valid';
  }
};

const faultAt = (path: Path, rule: string): Fault => {
  const name = nameOf(path);
  return { pointer: pointerTo(path), message: name === '' ? `The body ${rule}.` : `${name}: ${rule}.` };
};

const faultsOf = (issue: z.core.$ZodIssue): readonly Fault[] => {
  if (issue.code !== 'unrecognized_keys') return [faultAt(issue.path, issue.message)];
  return issue.keys.map((key) => faultAt([...issue.path, key], 'is not a field that this request has: leave it out'));
};

export const fault = (path: Path, rule: string): Fault => faultAt(path, rule);

/** What is not even of the right type is not told its length too. */
const withoutEchoes = (issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] => {
  const mistyped = new Set(issues.filter(({ code }) => code === 'invalid_type').map(({ path }) => pointerTo(path)));
  return issues.filter(({ code, path }) => code === 'invalid_type' || !mistyped.has(pointerTo(path)));
};

/** Every fault of the value, each with its place. */
export const invalid = (issues: readonly z.core.$ZodIssue[]): Problem => {
  const faults = withoutEchoes(issues).flatMap(faultsOf);
  if (faults.length <= MAX_FAULTS) return invalidRequest(faults);
  const left = { pointer: '', message: `${faults.length - MAX_FAULTS} more faults are not listed.` };
  return invalidRequest([...faults.slice(0, MAX_FAULTS), left]);
};

/** The value as the schema makes it, or a problem that lists everything that is wrong with it. */
export const parsed = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const result = schema.safeParse(value, { error: ruleOf });
  if (result.success) return result.data;
  throw invalid(result.error.issues);
};
