import { jest } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, existsSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runImport } from '../../src/import-file/run-import.js';
import { keys, startRig, type Rig } from '../http/rig.js';

jest.setTimeout(60_000);

let rig: Rig;
let folder: string;
beforeEach(async () => {
  rig = await startRig();
  folder = mkdtempSync(join(tmpdir(), 'freshet-import-'));
});
afterEach(async () => {
  await rig.close();
  rmSync(folder, { recursive: true });
});

const written = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

const imported = async (args: readonly string[], url = rig.url, key: string = keys.admin) => {
  const told = { out: '', err: '' };
  const into = (name: 'out' | 'err') =>
    ({ write: (text: string) => ((told[name] += text), true) }) as unknown as NodeJS.WritableStream;
  const code = await runImport(
    [...args, '--url', url],
    { FRESHET_API_KEY: key },
    { out: into('out'), err: into('err') },
  );
  return { code, ...told };
};

const line = (number: number, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    ...{ externalId: `e${number}`, connector: 'meld', provider: 'MX', customerId: `c${number}`, institutionId: 'bank' },
    ...{ products: ['BALANCES'], ...more },
  });

const ndjson = (count: number, more: (number: number) => Readonly<Record<string, unknown>> = () => ({})): string =>
  Array.from({ length: count }, (_, index) => `${line(index + 1, more(index + 1))}\n`).join('');

const connections = async (): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const all: Readonly<Record<string, unknown>>[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body } = await rig.get(`/v1/connections?limit=500${after}`);
    all.push(...body.data);
    cursor = body.nextCursor;
  }
  return all;
};

const HEADER = 'connector,externalId,provider,customerId,institutionId,products,historicalLoaded,lastSuccessAt';

describe('a file of connections', () => {
  it('goes in whole, over as many batches as it takes', async () => {
    const file = written('all.ndjson', ndjson(2_345));
    expect(await imported([file])).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^2,345 new, 0 updated, 0 refused\.$/m),
    });
    expect(await connections()).toHaveLength(2_345);
    expect(await imported([file])).toMatchObject({ code: 0, out: expect.stringContaining('0 new, 2,345 updated') });
    expect(existsSync(`${file}.progress.json`)).toBe(false);
    expect(existsSync(`${file}.rejected.csv`)).toBe(false);
  });

  it('may be CSV, with columns under other names, quotes, empty cells and lines', async () => {
    const text = `\uFEFF${HEADER.replace('customerId', 'client').replace('products', '"what they gave"')},credentials.accessToken\r\n
meld,"e,1",MX,"ada ""the first""",bank,BALANCES;TRANSACTIONS,yes,2026-11-20T10:00:00.000Z,sesame\r\n\r\nmeld,e2,MX,bob,bank,BALANCES,,,\r\n`;
    const file = written('all.csv', text);
    const mapping = ['--map', 'customerId=client', '--map', 'products=what they gave'];
    expect(await imported([file, ...mapping])).toMatchObject({
      code: 0,
      err: '',
      out: '100 %: 2 new, 0 updated, 0 refused\n2 new, 0 updated, 0 refused.\n',
    });
    const [second, first] = await connections();
    expect(first).toMatchObject({
      ...{ externalId: 'e,1', customerId: 'ada "the first"', products: ['BALANCES', 'TRANSACTIONS'] },
      lastSuccessAt: '2026-11-20T10:00:00.000Z',
    });
    expect(second).toMatchObject({ externalId: 'e2', products: ['BALANCES'], lastSuccessAt: null });
  });

  it('goes in without the rows that are refused, which are told by their lines', async () => {
    const bad = new Map<number, Readonly<Record<string, unknown>>>([
      [734, { provider: 'mx' }],
      [1_200, { products: [], credentials: { accessToken: 'sesame' } }],
      [1_201, { externalId: '=1+1', connector: 'nobody', status: 'GONE' }],
    ]);
    const file = written('some.ndjson', `${ndjson(1_500, (number) => bad.get(number) ?? {})}[]\n{"half\n`);
    expect(await imported([file])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^1,497 new, 0 updated, 5 refused\.$/m),
    });
    const report = readFileSync(`${file}.rejected.csv`, 'utf8');
    expect(report.split('\n').map((row) => row.slice(0, 48))).toEqual([
      'line,connector,externalId,why',
      '734,meld,e734,"provider: must be the name of a p',
      '1200,meld,e1200,products: must name at least one',
      expect.stringMatching(/^1201,nobody,'=1\+1,.*status: must be one/),
      '1501,,,The line is not a JSON object.',
      '1502,,,The line is not JSON.',
      '',
    ]);
    expect(report).not.toContain('sesame');
    expect(await connections()).toHaveLength(1_497);
  });

  it('may have one connection twice: the later line updates the earlier', async () => {
    const file = written('twice.ndjson', `${line(1)}\n${line(1, { products: ['OWNERS'] })}\n`);
    expect(await imported([file])).toMatchObject({ code: 0, out: expect.stringContaining('1 new, 1 updated') });
    expect(await connections()).toMatchObject([{ products: ['OWNERS'] }]);
  });
});

describe('one that was interrupted', () => {
  /** Between the command and the service: lets so many imports through, then refuses in a way that no asking again helps. */
  let passes = 0;
  let proxy: Server;
  let url: string;
  beforeEach(async () => {
    proxy = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', async () => {
        passes -= 1;
        if (passes < 0) return response.writeHead(418).end('{}');
        const { status, body } = await rig.call('POST', '/v1/connections/import', { raw: Buffer.concat(chunks) });
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    proxy.closeAllConnections();
    proxy.close();
  });

  it('goes on where it stopped, and its report has every refused row once', async () => {
    const file = written(
      'long.ndjson',
      ndjson(3_500, (number) => (number % 1_000 === 7 ? { products: [] } : {})),
    );
    // The first batch is sent twice: with its bad row, and without.
    passes = 4;
    const stopped = await imported([file], url);
    expect(stopped.code).toBe(2);
    expect(stopped.err).toContain('Stopped after line 2,000 (1,998 new, 0 updated, 2 refused)');
    expect(stopped.err).toContain('answered 418');
    // What it wrote to the report and not yet to its progress is written again.
    writeFileSync(`${file}.rejected.csv`, `${readFileSync(`${file}.rejected.csv`, 'utf8')}2007,meld,e2007,half a li`);
    passes = 100;
    const done = await imported([file], url);
    expect(done.out).toContain('Goes on after line 2,000');
    expect(done).toMatchObject({ code: 1, out: expect.stringMatching(/^3,496 new, 0 updated, 4 refused\.$/m) });
    const numbers = readFileSync(`${file}.rejected.csv`, 'utf8')
      .split('\n')
      .map((row) => row.split(',')[0]);
    expect(numbers).toEqual(['line', '7', '1007', '2007', '3007', '']);
    expect(await connections()).toHaveLength(3_496);
  });

  it('begins anew where the file is another, or that is asked for', async () => {
    const file = written('again.ndjson', ndjson(1_500));
    passes = 1;
    expect((await imported([file], url)).code).toBe(2);
    expect(existsSync(`${file}.progress.json`)).toBe(true);
    writeFileSync(file, ndjson(1_400));
    expect(await imported([file])).toMatchObject({ code: 0, out: expect.stringContaining('400 new, 1,000 updated') });
  });
});

describe('what cannot be imported', () => {
  it.each<[string, string, string]>([
    ['a file that is not there', 'none.csv', 'cannot be read: ENOENT'],
    ['a file of no known kind', 'all.txt', 'is neither .csv nor .ndjson: say which it is by --format'],
  ])('%s', async (_what, name, message) => {
    const answer = await imported([join(folder, name)]);
    expect(answer.code).toBe(2);
    expect(answer.err).toContain(message);
  });

  it.each<[string, string, string, string]>([
    ['an empty CSV file', 'a.csv', '', 'is empty: its first line has to name the columns'],
    ['a column that no import has', 'a.csv', 'connector,colour\nmeld,red\n', 'has columns that no import has: colour'],
    ['a column twice', 'a.csv', 'connector,connector\nmeld,meld\n', 'has a column twice: connector'],
    ['a quote that never ends', 'a.csv', `${HEADER}\nmeld,"e1,MX\n`, 'is no CSV from line 2 on'],
    ['a list of connections', 'a.ndjson', `[${' '.repeat(1_100_000)}]`, 'has a line longer than 1 MiB'],
  ])('%s', async (_what, name, text, message) => {
    const answer = await imported([written(name, text)]);
    expect(answer.code).toBe(2);
    expect(answer.err).toContain(message);
    expect(await connections()).toEqual([]);
  });

  it('a line with too few cells is refused alone', async () => {
    const file = written('few.csv', `${HEADER}\nmeld,e1\nmeld,e2,MX,bob,bank,BALANCES,,\n`);
    expect((await imported([file])).code).toBe(1);
    expect(readFileSync(`${file}.rejected.csv`, 'utf8')).toContain('2,,,"The line has 2 cells, and the header 8."');
  });

  it('anything, with a key that is not taken, or none', async () => {
    const file = written('one.ndjson', `${line(1)}\n`);
    expect(await imported([file], rig.url, 'wrong')).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not take the key in FRESHET_API_KEY'),
    });
    expect(await imported([file], rig.url, ' ')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Set FRESHET_API_KEY'),
    });
    expect(await imported([file], rig.url, keys.reader)).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not take the key'),
    });
  });

  it.each<[string, readonly string[], string]>([
    ['two files', ['a.csv', 'b.csv'], 'Name one file'],
    ['an option that there is not', ['a.csv', '--fast'], "Unknown option '--fast'"],
    ['a mapping of no column', ['a.csv', '--map', 'colour=red'], '--map must be OURS=THEIRS'],
    ['another kind of file', ['a.csv', '--format', 'xml'], '--format must be csv or ndjson, not xml'],
  ])('%s', async (_what, args, message) => {
    const answer = await imported(args);
    expect(answer.code).toBe(2);
    expect(answer.err).toContain(message);
  });

  it('tells how it is used', async () => {
    expect(await imported(['--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('npm run import -- FILE'),
    });
  });
});
