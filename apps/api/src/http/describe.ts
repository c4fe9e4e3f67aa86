import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';
import type { Slug } from './problem.js';

export interface AnswerDescription {
  readonly description: string;
  /** Absent: no body, or one that is not JSON. */
  readonly schema?: z.ZodType;
  /** The media type, where it is not JSON. */
  readonly type?: string;
  /** Headers that this answer has beside the usual ones, and what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the OpenAPI document tells of a route beyond what validates it. */
export interface RouteDescription {
  readonly summary: string;
  readonly description?: string;
  readonly answers: Readonly<Record<number, AnswerDescription>>;
  /** Beside those that any route of its kind has. */
  readonly problems?: readonly Slug[];
  /** The body's schema, where it is not Nest's own pipe that validates it. */
  readonly body?: z.ZodType;
  /** The media type of a body that is not JSON. */
  readonly bodyType?: string;
  /** A body may be left out. */
  readonly bodyOptional?: boolean;
  /** Request headers that it reads. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const ROUTE_DESCRIPTION = 'freshet:route-description';

export const Describe = (description: RouteDescription): MethodDecorator => SetMetadata(ROUTE_DESCRIPTION, description);
