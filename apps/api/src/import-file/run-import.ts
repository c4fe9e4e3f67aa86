import { stat } from 'node:fs/promises';
import { SingleBar } from 'cli-progress';
import { batchesOf } from './batches.js';
import { rowsOfFile, type FileRow } from './file-rows.js';
import { readArguments, USAGE, type ImportArguments } from './import-arguments.js';
import { importBatch } from './import-batch.js';
import { ImportError } from './import-error.js';
import { atStart, progressFileOf, type Progress } from './progress-file.js';
import { rejectedReport } from './rejected-report.js';

export interface Terminal {
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly err: NodeJS.WritableStream;
}

interface Shown {
  readonly at: (bytes: number, progress: Progress) => void;
  readonly note: (line: string) => void;
  readonly end: () => void;
}

const number = new Intl.NumberFormat('en');

const told = ({ created, updated, rejected }: Progress): string =>
  `${number.format(created)} new, ${number.format(updated)} updated, ${number.format(rejected)} refused`;

/** A bar on a terminal; elsewhere a line at every tenth of the file. */
const show = ({ out, err }: Terminal, bytes: number): Shown => {
  const say = (line: string): void => void err.write(`${line}\n`);
  if (out.isTTY !== true) {
    let tenths = 0;
    return {
      at: (read, progress) => {
        const reached = Math.floor((read / Math.max(bytes, 1)) * 10);
        if (reached > tenths) out.write(`${reached * 10} %: ${told(progress)}\n`);
        tenths = Math.max(tenths, reached);
      },
      note: say,
      end: () => undefined,
    };
  }
  const bar = new SingleBar({
    format: '{bar} {percentage} % | {told} | {eta_formatted} left',
    stream: out,
  });
  bar.start(bytes, 0, { told: told(atStart) });
  return { at: (read, progress) => bar.update(read, { told: told(progress) }), note: say, end: () => bar.stop() };
};

async function* after(rows: AsyncIterable<FileRow>, line: number): AsyncGenerator<FileRow> {
  for await (const row of rows) if (row.line > line) yield row;
}

const sizeOf = async (file: string): Promise<number> => {
  try {
    return (await stat(file)).size;
  } catch (error) {
    throw new ImportError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}.`);
  }
};

const importFile = async (given: ImportArguments, terminal: Terminal): Promise<Progress> => {
  const bytes = await sizeOf(given.file);
  const kept = await progressFileOf(given.file, given.url.origin);
  const from = given.restart ? atStart : await kept.load();
  if (from.line > 0) terminal.out.write(`Goes on after line ${number.format(from.line)} (${told(from)} so far).\n`);
  const report = rejectedReport(given.rejected, from.reportBytes);
  const shown = show(terminal, bytes);
  const service = { url: given.url, key: given.key, note: shown.note };
  let progress = from;
  try {
    const rows = rowsOfFile(given.file, given.format, given.mapped);
    for await (const batch of batchesOf(after(rows, from.line))) {
      const { created, updated, rejected } = await importBatch(service, batch);
      await report.add(rejected.toSorted((a, b) => a.row.line - b.row.line));
      const last = batch.rows.at(-1);
      progress = {
        line: last?.line ?? progress.line,
        created: progress.created + created,
        updated: progress.updated + updated,
        rejected: progress.rejected + rejected.length,
        reportBytes: report.bytes(),
      };
      await kept.save(progress);
      shown.at(last?.bytes ?? bytes, progress);
    }
    shown.at(bytes, progress);
  } catch (error) {
    if (progress.line > 0)
      shown.note(
        `Stopped after line ${number.format(progress.line)} (${told(progress)}): the same command again goes on there.`,
      );
    throw error;
  } finally {
    shown.end();
  }
  await kept.remove();
  return progress;
};

/** The whole command; its exit code. */
export const runImport = async (
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
): Promise<number> => {
  try {
    const given = readArguments(args, environment);
    if (given === null) {
      terminal.out.write(USAGE);
      return 0;
    }
    const done = await importFile(given, terminal);
    terminal.out.write(`${told(done)}.\n`);
    if (done.rejected === 0) return 0;
    terminal.out.write(`Why they were refused, line by line: ${given.rejected}\n`);
    return 1;
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    terminal.err.write(`${error.message}\n`);
    return 2;
  }
};
