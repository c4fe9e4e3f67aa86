import type { Workload } from '@freshet/simulator';
import { InputError } from '../input-error.js';
import { readYaml } from '../read-yaml.js';
import { workloadSchema } from './workload-schema.js';

/** The workload of a file; every fault of it is told, with its path. */
export const readWorkload = (file: string): Workload => {
  const read = workloadSchema.safeParse(readYaml(file));
  if (read.success) return read.data;
  const faults = read.error.issues.map(
    ({ path, message }) => `${file}: ${path.map(String).join('.') || '(whole)'}: ${message}`,
  );
  throw new InputError(`The workload cannot be used:\n${faults.join('\n')}`);
};
