import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';

/** How far an import of a file has got. */
export interface Progress {
  /** The last line that is settled: in, or in the report. */
  readonly line: number;
  readonly created: number;
  readonly updated: number;
  readonly rejected: number;
  /** How long the report of refused rows is. */
  readonly reportBytes: number;
}

export const atStart: Progress = { line: 0, created: 0, updated: 0, rejected: 0, reportBytes: 0 };

export interface ProgressFile {
  readonly load: () => Promise<Progress>;
  readonly save: (progress: Progress) => Promise<void>;
  readonly remove: () => Promise<void>;
}

const isProgress = (value: unknown): value is Progress & { readonly of: string } =>
  typeof value === 'object' &&
  value !== null &&
  ['line', 'created', 'updated', 'rejected', 'reportBytes'].every((name) =>
    Number.isSafeInteger((value as Record<string, unknown>)[name]),
  );

/** Beside the file; it counts only for the very file and service that it was made for. */
export const progressFileOf = async (file: string, service: string): Promise<ProgressFile> => {
  const path = `${file}.progress.json`;
  const { size, mtimeMs } = await stat(file);
  const of = JSON.stringify([size, mtimeMs, service]);
  return {
    load: async () => {
      try {
        const kept: unknown = JSON.parse(await readFile(path, 'utf8'));
        return isProgress(kept) && kept.of === of ? kept : atStart;
      } catch {
        return atStart;
      }
    },
    save: async ({ line, created, updated, rejected, reportBytes }) => {
      await writeFile(`${path}.new`, `${JSON.stringify({ of, line, created, updated, rejected, reportBytes })}\n`);
      await rename(`${path}.new`, path);
    },
    remove: () => rm(path, { force: true }),
  };
};
