import { createServer, request as openRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const HOST = '127.0.0.1';
const MIB = 1024 * 1024;

/** What the client meets in the place of the provider's reply. */
export type Misbehaviour =
  /** The line is dropped without a byte. */
  | 'cut'
  /** Nothing comes, and the line stays open. */
  | 'silence'
  /** The head and the beginning of a body, and then no more of it. */
  | 'slow-body'
  /** A body without an end, as fast as it is taken. */
  | 'endless-body'
  /** Back to the very address that was called: whoever follows it is at the provider. */
  | { readonly redirect: number }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The provider's own reply with another body. */
  | { readonly rewrite: (body: string) => string };

export interface Trap {
  /** The call that it waits for, as `POST /meld/...`. */
  readonly on: RegExp;
  /** `before`: the provider never hears of the call. `after`: it has acted, and what it says is kept from the client. */
  readonly when: 'before' | 'after';
  readonly meets: Misbehaviour;
  /** Once, unless told. */
  readonly times?: number;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface MisbehavingProxy {
  readonly url: string;
  /** Goes before those that were set earlier. */
  set(trap: Trap): void;
  /** Takes away what no call has met. */
  clear(): void;
  /** Nobody listens at the address any more, and then somebody does again. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

const readAll = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** The provider's reply; it rejects where the provider dropped the line. Given up when the client leaves. */
const forward = (upstream: string, request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const { method = 'GET', url = '/', headers } = request;
    const sent = openRequest(upstream + url, { method, headers }, (answer) => {
      readAll(answer).then((bytes) => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes });
      }, reject);
    });
    sent.on('error', reject);
    response.once('close', () => sent.destroy());
    sent.end(body);
  });

const write = (response: ServerResponse, { status, headers, body }: Reply): void => {
  const { 'content-length': _length, 'transfer-encoding': _encoding, connection: _connection, ...kept } = headers;
  response.writeHead(status, { ...kept, 'content-length': body.length });
  response.end(body);
};

const pourWithoutEnd = (response: ServerResponse): void => {
  const pour = (): void => {
    while (!response.destroyed && response.write(' '.repeat(MIB / 8)));
  };
  response.on('drain', pour);
  pour();
};

/** `reply`: the provider's, where it has acted. */
const misbehave = (meets: Misbehaviour, response: ServerResponse, reply: Reply | null): void => {
  if (meets === 'silence') return;
  if (meets === 'cut') return void response.socket?.destroy();
  if (meets === 'slow-body' || meets === 'endless-body') {
    response.writeHead(reply?.status ?? 200, { 'content-type': 'application/json' });
    response.write('{');
    if (meets === 'endless-body') pourWithoutEnd(response);
    return;
  }
  if ('rewrite' in meets) {
    const given = reply ?? { status: 200, headers: {}, body: Buffer.alloc(0) };
    return write(response, { ...given, body: Buffer.from(meets.rewrite(given.body.toString('utf8'))) });
  }
  if ('redirect' in meets) {
    const location = response.req.url ?? '/';
    return write(response, { status: meets.redirect, headers: { location }, body: Buffer.alloc(0) });
  }
  const { status, headers = { 'content-type': 'application/json' }, body = '' } = meets;
  write(response, { status, headers, body: Buffer.from(body) });
};

/** A real HTTP proxy in front of the emulator: it forwards bytes, and misbehaves at the call that it was told of. */
export const startProxy = async (upstream: string): Promise<MisbehavingProxy> => {
  const traps: { readonly trap: Trap; left: number }[] = [];
  const sockets = new Set<Socket>();

  const sprungBy = (call: string): Trap | undefined => {
    const found = traps.find(({ trap, left }) => left > 0 && trap.on.test(call));
    if (found !== undefined) found.left -= 1;
    return found?.trap;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request);
    const trap = sprungBy(`${request.method} ${request.url}`);
    if (trap?.when === 'before') return misbehave(trap.meets, response, null);
    const reply = await forward(upstream, request, body, response);
    if (trap === undefined) write(response, reply);
    else misbehave(trap.meets, response, reply);
  };

  const server = createServer((request, response) => {
    // The provider dropped the line, or the client did: so do we.
    serve(request, response).catch(() => request.socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => server.once('error', reject).listen(port, HOST, resolve));
  const goAway = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://${HOST}:${port}`,
    set: (trap) => void traps.unshift({ trap, left: trap.times ?? 1 }),
    clear: () => void traps.splice(0),
    goAway,
    comeBack: () => listen(port),
    close: () => (server.listening ? goAway() : Promise.resolve()),
  };
};
