import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** One change of one record: [table, id, record], or [table, id] where the record goes. */
export type Change = readonly [table: string, id: string, record?: unknown];

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;
/** A snapshot is written in pieces, so that large books never need one string as large as themselves. */
const SNAPSHOT_PIECE_CHARS = 1 << 20;

/**
 * An append-only file with one line for each turn. A line is written with one synchronous call before anybody is
 * answered, so kill -9 loses no turn that somebody saw; it may only tear the last line, which is left out at the next
 * start.
 */
export class Journal {
  private descriptor: number;
  private sizeBytes: number;

  private constructor(
    readonly file: string,
    descriptor: number,
  ) {
    this.descriptor = descriptor;
    this.sizeBytes = fstatSync(descriptor).size;
  }

  /** Replays what the file holds, then puts the snapshot of it in its place: the history is not needed any more. */
  static open(file: string, replay: (changes: readonly Change[]) => void, snapshot: () => Iterable<Change>): Journal {
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file)) replayLines(file, replay);
    // The webhook signing key is in here.
    const journal = new Journal(file, openSync(file, 'a', 0o600));
    journal.compact(snapshot());
    return journal;
  }

  get bytes(): number {
    return this.sizeBytes;
  }

  append(changes: readonly Change[]): void {
    this.sizeBytes += writeWhole(this.descriptor, JSON.stringify(changes) + '\n');
  }

  /** Replaces the history by a snapshot. The old file stays in place until the new one is complete. */
  compact(snapshot: Iterable<Change>): void {
    const draft = `${this.file}.compacting`;
    const descriptor = openSync(draft, 'w', 0o600);
    let piece = '';
    for (const change of snapshot) {
      piece += JSON.stringify([change]) + '\n';
      if (piece.length < SNAPSHOT_PIECE_CHARS) continue;
      writeWhole(descriptor, piece);
      piece = '';
    }
    if (piece !== '') writeWhole(descriptor, piece);
    closeSync(descriptor);
    renameSync(draft, this.file);
    closeSync(this.descriptor);
    this.descriptor = openSync(this.file, 'a', 0o600);
    this.sizeBytes = fstatSync(this.descriptor).size;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

function writeWhole(descriptor: number, text: string): number {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  return bytes.length;
}

/** Whole lines only: what comes after the last of them was torn. */
function replayLines(file: string, replay: (changes: readonly Change[]) => void): void {
  const descriptor = openSync(file, 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = Buffer.alloc(0);
  let lineNumber = 0;
  try {
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
      let pending = Buffer.concat([rest, chunk.subarray(0, read)]);
      for (let end = pending.indexOf(NEWLINE); end >= 0; end = pending.indexOf(NEWLINE)) {
        lineNumber += 1;
        replay(parseLine(pending.subarray(0, end).toString('utf8'), file, lineNumber));
        pending = pending.subarray(end + 1);
      }
      rest = pending;
    }
  } finally {
    closeSync(descriptor);
  }
}

function parseLine(line: string, file: string, lineNumber: number): readonly Change[] {
  try {
    return JSON.parse(line) as readonly Change[];
  } catch (cause) {
    throw new Error(
      `${file}, line ${lineNumber}: not a line of the sandbox's books. Move the file away to start afresh.`,
      {
        cause,
      },
    );
  }
}
