import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { WidgetSession } from '../books/records.js';
import type { World } from '../world.js';
import { widgetPage } from './page.js';

type Completion =
  | { readonly done: true; readonly taskId: string | null; readonly redirectUrl: string | null }
  | { readonly done: false; readonly status: number; readonly message: string };

/** Where the customer would log in at the bank: a page with one button, and the address that the button posts to. */
export function serveWidget(app: FastifyInstance, world: World): void {
  app.get<{ Params: { token: string } }>('/:token', (request, reply) => {
    const session = world.books.widgets.get(request.params.token);
    const page =
      session === undefined
        ? { status: 404, html: widgetPage({ problem: 'There is no such page.' }) }
        : showing(world, session);
    return reply.code(page.status).type('text/html; charset=utf-8').send(page.html);
  });
  app.post<{ Params: { token: string } }>('/:token/complete', (request, reply) => {
    world.schedule.catchUp();
    const completion = world.books.turn(() => complete(world, request.params.token));
    world.settings.log(`${world.clock.iso()} POST /widget/... ${completion.done ? 200 : completion.status} widget`);
    return answer(request, reply, completion);
  });
}

function showing(world: World, session: WidgetSession): { readonly status: number; readonly html: string } {
  const problem = problemOf(world, session);
  return problem === null
    ? { status: 200, html: widgetPage({ session }) }
    : { status: problem.status, html: widgetPage({ problem: problem.message }) };
}

function complete(world: World, token: string): Completion {
  const session = world.books.widgets.get(token);
  if (session === undefined) return { done: false, status: 404, message: 'There is no such page.' };
  const problem = problemOf(world, session);
  if (problem !== null) return { done: false, ...problem };
  const at = world.clock.now();
  const linked = world.emulations.get(session.connector)?.completeWidget?.(session, at) ?? null;
  if (linked === null) return { done: false, status: 409, message: 'The connection cannot be linked any more.' };
  const { taskId } = linked;
  world.books.widgets.put(token, { ...session, completedAt: at });
  return { done: true, taskId, redirectUrl: redirectOf(session, taskId) };
}

function problemOf(world: World, session: WidgetSession): { readonly status: number; readonly message: string } | null {
  if (session.completedAt !== null) return { status: 409, message: 'This page was completed before.' };
  if (session.expiresAt <= world.clock.now()) return { status: 410, message: 'This page has expired.' };
  return null;
}

function redirectOf(session: WidgetSession, taskId: string | null): string | null {
  if (session.redirectUrl === null) return null;
  const url = new URL(session.redirectUrl);
  url.searchParams.set('status', 'success');
  if (taskId !== null) url.searchParams.set('task_id', taskId);
  return url.toString();
}

/** A browser is led on, a program gets JSON. */
function answer(request: FastifyRequest, reply: FastifyReply, completion: Completion): FastifyReply {
  const isBrowser = (request.headers.accept ?? '').includes('text/html');
  if (!completion.done) {
    const { status, message } = completion;
    if (!isBrowser) return reply.code(status).send({ error: 'not-completed', message });
    return reply
      .code(status)
      .type('text/html; charset=utf-8')
      .send(widgetPage({ problem: message }));
  }
  const { taskId, redirectUrl } = completion;
  if (!isBrowser) return reply.send({ completed: true, taskId, redirectUrl });
  if (redirectUrl !== null) return reply.redirect(redirectUrl, 303);
  return reply.type('text/html; charset=utf-8').send(widgetPage({ problem: 'Done. You can close this page.' }));
}
