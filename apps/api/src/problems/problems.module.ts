import { Controller, Get, Headers, Module, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public } from '../http/access.js';
import { Describe } from '../http/describe.js';
import { escapeHtml, htmlHeaders, htmlPage, withCode } from '../http/html.js';
import { isSlug, notFound, problems, problemType, slugs, type Slug } from '../http/problem.js';

const problemKind = z
  .object({ type: z.string(), title: z.string(), status: z.int(), explanation: z.string() })
  .meta({ id: 'ProblemKind' });

const viewOf = (slug: Slug): z.infer<typeof problemKind> => ({ type: problemType(slug), ...problems[slug] });

const asked = (accept = ''): 'json' | 'html' => (/json/i.test(accept) && !/text\/html/i.test(accept) ? 'json' : 'html');

const pageOf = (slug: Slug): string => {
  const { title, status, explanation } = problems[slug];
  return htmlPage(
    title,
    `<p class="dim"><a href="/problems">Problems</a></p><h1>${escapeHtml(title)}</h1><p><code>${problemType(slug)}</code>, HTTP ${status}</p><p>${withCode(explanation)}</p>`,
  );
};

const indexPage = (): string => {
  const rows = slugs.map(
    (slug) =>
      `<tr><td><a href="${problemType(slug)}"><code>${slug}</code></a></td><td>${problems[slug].status}</td><td>${escapeHtml(problems[slug].title)}</td></tr>`,
  );
  return htmlPage(
    'Problems',
    `<h1>Problems</h1><p>How this service fails, and what to do.</p><table>${rows.join('')}</table>`,
  );
};

/** What the `type` of a problem leads to. */
@Controller('problems')
export class ProblemsController {
  @Get()
  @Public()
  @Describe({
    summary: 'Every way in which a request can fail',
    answers: {
      200: {
        description: 'A page, or JSON where that is asked for.',
        schema: z.object({ data: z.array(problemKind) }),
      },
    },
  })
  list(@Headers('accept') accept: string | undefined, @Res({ passthrough: true }) reply: FastifyReply) {
    if (asked(accept) === 'json') return { data: slugs.map(viewOf) };
    void reply.headers(htmlHeaders);
    return indexPage();
  }

  @Get(':slug')
  @Public()
  @Describe({
    summary: 'One of them, explained',
    answers: { 200: { description: 'A page, or JSON where that is asked for.', schema: problemKind } },
  })
  explain(
    @Param('slug') slug: string,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (!isSlug(slug)) throw notFound('problem');
    if (asked(accept) === 'json') return viewOf(slug);
    void reply.headers(htmlHeaders);
    return pageOf(slug);
  }
}

@Module({ controllers: [ProblemsController] })
export class ProblemsModule {}
