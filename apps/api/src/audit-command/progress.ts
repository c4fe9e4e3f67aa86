import type { AuditPages } from '@freshet/flows';
import { auditChecks } from '@freshet/flows';
import progress from 'cli-progress';

/** Told of the audit as it goes: a bar on a terminal, a line for each check elsewhere. */
export interface Progress {
  readonly watch: (pages: AuditPages) => AuditPages;
  readonly end: () => void;
}

interface Counted {
  readonly rows: number;
  readonly found: number;
}

/** What has been asked so far: checks come one after the other. */
const counting = (onPage: (check: string, of: Counted, isEnd: boolean) => void) => {
  let now = { check: '', rows: 0, found: 0 };
  return (pages: AuditPages): AuditPages =>
    async (check, place) => {
      if (now.check !== check) now = { check, rows: 0, found: 0 };
      const page = await pages(check, place);
      now = { check, rows: now.rows + page.examined, found: now.found + page.found.length };
      onPage(check, now, page.last === null);
      return page;
    };
};

const NUMBER = new Intl.NumberFormat('en');

const lines = (complain: (line: string) => void): Progress => ({
  watch: counting((check, { rows, found }, isEnd) => {
    if (isEnd) complain(`${check}: ${NUMBER.format(rows)} looked at, ${NUMBER.format(found)} found`);
  }),
  end: () => undefined,
});

const bar = (checks: number): Progress => {
  const shown = new progress.SingleBar(
    { format: '{bar} {value}/{total} {check}: {rows} looked at', clearOnComplete: true, hideCursor: true },
    progress.Presets.shades_grey,
  );
  shown.start(checks, 0, { check: auditChecks[0]?.name ?? '', rows: '0' });
  return {
    watch: counting((check, { rows }, isEnd) => {
      shown.update({ check, rows: NUMBER.format(rows) });
      if (isEnd) shown.increment();
    }),
    end: () => shown.stop(),
  };
};

export const createProgress = (isTerminal: boolean, checks: number, complain: (line: string) => void): Progress =>
  isTerminal ? bar(checks) : lines(complain);
