import { StandardSchemaValidationPipe, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { invalid, ruleOf } from './faults.js';

/**
 * Nest's own validation by `@Body({ schema })` and `@Query({ schema })`, with every fault told in our words and with its
 * place. What Nest would strip from the value (keys that reach the prototype) the parser has refused already.
 */
export class RequestValidationPipe extends StandardSchemaValidationPipe implements PipeTransform {
  constructor() {
    super({ exceptionFactory: (issues) => invalid(issues as readonly z.core.$ZodIssue[]) });
  }

  override transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    // Most parameters (ids, the tenant, headers) have no schema of their own.
    return metadata.schema === undefined ? (value as unknown as Promise<T>) : super.transform(value, metadata);
  }

  protected override validate<T>(value: unknown, schema: Parameters<StandardSchemaValidationPipe['validate']>[1]) {
    if (!(schema instanceof z.ZodType)) return super.validate<T>(value, schema);
    const result = schema.safeParse(value, { error: ruleOf });
    return result.success ? { value: result.data as T } : { issues: result.error.issues };
  }

  protected override stripProtoKeys(): void {}
}
