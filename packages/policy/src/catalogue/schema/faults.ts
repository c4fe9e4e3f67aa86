import type { z } from 'zod';
import { formatPath, valueAt } from '../catalogue-error.js';
import type { CatalogueFault, Path } from '../catalogue-error.js';

type Issue = z.core.$ZodIssue;

/** Whether a branch of a union was of another type altogether: then it is not the one that was meant. */
const isAnotherType = (issues: readonly Issue[]): boolean =>
  issues.some((issue) => issue.path.length === 0 && issue.code === 'invalid_type');

/** Of a union's branches, the one that the author most likely meant: the right type, then the fewest faults, then the last. */
const meantBranch = (branches: readonly (readonly Issue[])[]): readonly Issue[] =>
  branches.toSorted(
    (a, b) =>
      Number(isAnotherType(a)) - Number(isAnotherType(b)) ||
      a.length - b.length ||
      branches.indexOf(b) - branches.indexOf(a),
  )[0] ?? [];

const describe = (issue: Issue, value: unknown): string =>
  value === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value')
    ? 'is missing'
    : issue.message;

const flatten = (issue: Issue, above: Path, file: string, root: unknown): readonly CatalogueFault[] => {
  const path = [...above, ...issue.path];
  const nested = (issues: readonly Issue[]): readonly CatalogueFault[] =>
    issues.flatMap((inner) => flatten(inner, path, file, root));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      file,
      path: formatPath([...path, key]),
      message: 'is not a known field',
      value: valueAt(root, [...path, key]),
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return nested(meantBranch(issue.errors));
  if (issue.code === 'invalid_key') return nested(issue.issues);
  const value = valueAt(root, path);
  return [{ file, path: formatPath(path), message: describe(issue, value), value }];
};

/** The faults of one file, from what the schema found wrong with `root`. */
export const faultsOf = (error: z.ZodError, file: string, root: unknown): readonly CatalogueFault[] =>
  error.issues.flatMap((issue) => flatten(issue, [], file, root));
