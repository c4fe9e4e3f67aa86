import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Tests read any field of what came. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly raw: string;
  readonly body: Json;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What the next webhooks are answered with; 200 once it is empty. `hang up` closes the socket. */
  readonly answers: (number | 'hang up')[];
  /** What the client does before it answers. */
  work: (() => Promise<unknown>) | null;
  /** `eventType` of Meld's, `event` or `task_type` of Bud's. */
  types(): string[];
  of(type: string): Received[];
  close(): Promise<void>;
}

/** The client's webhook address: it keeps what comes. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const answers: (number | 'hang up')[] = [];
  const server = createServer((request, response) => void receive(request, response));
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = await request.toArray();
    const raw = Buffer.concat(chunks).toString('utf8');
    received.push({ path: request.url ?? '', headers: request.headers, raw, body: JSON.parse(raw) });
    await receiver.work?.();
    const answer = answers.shift() ?? 200;
    if (answer === 'hang up') request.socket.destroy();
    else response.writeHead(answer).end();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const typeOf = ({ body }: Received): string =>
    body.eventType ?? body.event ?? body.data?.event ?? `v1.${body.data?.task_type}`;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answers,
    work: null,
    types: () => received.map(typeOf),
    of: (type) => received.filter((one) => typeOf(one) === type),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
