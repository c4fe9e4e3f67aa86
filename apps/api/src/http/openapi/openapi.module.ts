import { Controller, Get, Header, Inject, Module, type Type } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { z } from 'zod';
import { Public } from '../access.js';
import { Describe } from '../describe.js';
import { htmlHeaders } from '../html.js';
import { docsPage } from './docs-page.js';
import { documentOf, type OpenApiDocument } from './document.js';
import { routesOf } from './routes.js';

@Controller()
export class OpenApiController {
  private made: { readonly document: OpenApiDocument; readonly page: string } | undefined;

  constructor(@Inject(DiscoveryService) private readonly discovery: DiscoveryService) {}

  @Get('openapi.json')
  @Public()
  @Describe({
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.literal('3.1.0') }) } },
  })
  document(): OpenApiDocument {
    return this.make().document;
  }

  @Get('docs')
  @Public()
  @Header('content-type', htmlHeaders['content-type'])
  @Header('content-security-policy', htmlHeaders['content-security-policy'])
  @Describe({ summary: 'This document, to read', answers: { 200: { description: 'A page.', type: 'text/html' } } })
  docs(): string {
    return this.make().page;
  }

  /** Once, when it is first asked for: every controller of the process is known then. */
  private make() {
    if (this.made) return this.made;
    const controllers = this.discovery.getControllers().flatMap(({ metatype }) => (metatype ? [metatype as Type] : []));
    const document = documentOf(controllers.flatMap(routesOf));
    this.made = { document, page: docsPage(document) };
    return this.made;
  }
}

@Module({ imports: [DiscoveryModule], controllers: [OpenApiController] })
export class OpenApiModule {}
