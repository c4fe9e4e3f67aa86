import type { AuditRun } from '@freshet/domain';
import type { FindingSource } from '../findings.js';
import { csvReport } from './csv-report.js';
import { htmlReport, type PageSetting } from './html-report.js';
import { jsonReport } from './json-report.js';

export const reportFormats = ['html', 'csv', 'json'] as const;
export type ReportFormat = (typeof reportFormats)[number];

interface Shape {
  readonly type: string;
  /** Null: shown, not saved. */
  readonly fileEnding: string | null;
  readonly pieces: (source: FindingSource, run: AuditRun, setting: PageSetting) => AsyncGenerator<string>;
}

/** The forms of a report. Each is written as it is read: none is ever whole in memory. */
export const reports: Readonly<Record<ReportFormat, Shape>> = {
  html: { type: 'text/html; charset=utf-8', fileEnding: null, pieces: htmlReport },
  csv: { type: 'text/csv; charset=utf-8', fileEnding: 'csv', pieces: csvReport },
  json: { type: 'application/json; charset=utf-8', fileEnding: null, pieces: jsonReport },
};
