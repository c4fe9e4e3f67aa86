import type { PipeTransform } from '@nestjs/common';
import { parseId, type IdKind, type IdOf } from '@freshet/domain';
import { notFound } from './problem.js';

/** An id from the path. One that nothing can have is answered like one that nothing has. */
export const idFrom = <Kind extends IdKind>(kind: Kind, text: string): IdOf<Kind> => {
  const id = parseId(kind, text);
  if (id === undefined) throw notFound(kind);
  return id;
};

export class IdPipe<Kind extends IdKind> implements PipeTransform<string, IdOf<Kind>> {
  constructor(private readonly kind: Kind) {}

  transform(text: string): IdOf<Kind> {
    return idFrom(this.kind, text);
  }
}
