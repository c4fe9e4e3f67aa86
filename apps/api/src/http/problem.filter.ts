import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Engine } from '@freshet/flows';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { internal, problemOf } from './problem-of.js';
import { renderProblem } from './render-problem.js';

/** Without the query, and without what follows a webhook's connector: that is a secret. */
export const pathOf = (url: string): string => (url.split('?', 1)[0] ?? url).replace(/^(\/webhooks\/[^/]+)\/.*$/, '$1');

/** Renders every failure as a problem; what is a fault of ours is logged with the request's id and told without details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly engine: Pick<Engine, 'clock' | 'log'>) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = problemOf(error) ?? this.unexpected(error, request);
    const { status, headers, body } = renderProblem(problem, {
      path: pathOf(request.url),
      requestId: request.id,
      now: this.engine.clock.now(),
    });
    // As bytes: to a text the framework would add a charset, which this media type does not have.
    void reply.code(status).headers(headers).send(Buffer.from(body));
  }

  private unexpected(error: unknown, request: FastifyRequest) {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const route = request.routeOptions.url ?? 'unmatched';
    this.engine.log.warn('a request failed', { requestId: request.id, method: request.method, route, error: told });
    return internal();
  }
}
