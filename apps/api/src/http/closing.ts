import type { Socket } from 'node:net';
import type { DurationMs } from '@freshet/domain';
import type { FastifyInstance } from 'fastify';

/**
 * Lets the server close within a bound, whoever is connected. Node waits for every connection that is not idle between two
 * requests, also for one that has never said anything, and watches no deadlines any more once it closes.
 */
export const closeWithin = (server: FastifyInstance, boundMs: DurationMs): void => {
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.addHook('preClose', (done) => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    setTimeout(() => server.server.closeAllConnections(), boundMs).unref();
    done();
  });
};
