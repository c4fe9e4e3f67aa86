import type { AuditRun } from '@freshet/domain';
import { createWriteStream, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { drawHere } from '../audit/report/charts/draw.js';
import { reports, type ReportFormat } from '../audit/report/report.js';
import type { Scratch } from './scratch.js';

const NAMES: Readonly<Record<ReportFormat, string>> = {
  html: 'report.html',
  json: 'report.json',
  csv: 'findings.csv',
};

const LINKS = { csv: NAMES.csv, json: NAMES.json } as const;

/** All of them are whole before the first has its name; those of an earlier audit are replaced. */
export const writeReports = async (
  { folder, store }: Scratch,
  run: AuditRun,
  out: string,
): Promise<readonly string[]> => {
  const formats = Object.keys(NAMES) as readonly ReportFormat[];
  for (const format of formats) {
    const pieces = reports[format].pieces({ store }, run, { draw: drawHere, links: LINKS });
    await pipeline(Readable.from(pieces, { objectMode: false }), createWriteStream(join(folder, NAMES[format])));
  }
  return formats.map((format) => {
    const file = join(out, NAMES[format]);
    renameSync(join(folder, NAMES[format]), file);
    return file;
  });
};
