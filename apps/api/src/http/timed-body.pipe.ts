import { Inject, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import type { Instant } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import type { z } from 'zod';
import { ENGINE } from '../engine/engine.token.js';
import { parsed } from './faults.js';

/** Makes a schema that judges times by a clock. */
export type TimedSchema<Schema extends z.ZodType> = (now: () => Instant) => Schema;

/** Validates a body by a schema that has to know what time it is: the engine's. */
export const timedBody = <Schema extends z.ZodType>(schemaAt: TimedSchema<Schema>): Type<PipeTransform> => {
  @Injectable()
  class TimedBodyPipe implements PipeTransform<unknown, z.output<Schema>> {
    private readonly schema: Schema;

    constructor(@Inject(ENGINE) engine: Engine) {
      this.schema = schemaAt(engine.clock.now);
    }

    transform(value: unknown): z.output<Schema> {
      return parsed(this.schema, value);
    }
  }
  return TimedBodyPipe;
};

/** The same schema for the document, where no time passes. */
export const documented = <Schema extends z.ZodType>(schemaAt: TimedSchema<Schema>): Schema => schemaAt(() => Infinity);
