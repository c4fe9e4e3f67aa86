import type { FastifyInstance } from 'fastify';

import type { Connection, WidgetSession } from './books/records.js';

/** One provider's interface as the emulator speaks it: a folder, and a row in `emulations.ts`. */
export interface Emulation {
  readonly connector: string;
  /** Its address is `<url>/<connector>`. */
  readonly serve: (app: FastifyInstance) => void;
  /** What the provider keeps at an address of its own, such as the keys that it signs with. */
  readonly serveApart?: (app: FastifyInstance) => void;
  /** After a registration: what the provider would have known about the connection all along. */
  readonly adopt?: (connection: Connection) => void;
  /** A registration changes the status, as if it had happened there: told to whoever listens. Absent: nobody is told. */
  readonly announce?: (connection: Connection, status: string, statusReason: string | null) => void;
  /** The customer has done what the page asked for; null where the connection cannot be linked any more. */
  readonly completeWidget?: (session: WidgetSession, at: number) => { readonly taskId: string | null } | null;
}
