import type { Instant } from '@freshet/domain';
import { parseInstant } from '@freshet/domain';
import { z } from 'zod';

/**
 * Readers for what providers send: a missing field, a null and a value of the wrong type are all "not told". Nothing
 * that a provider can send makes them throw.
 */
export const text = z.string().min(1).nullable().catch(null);

const SPELLED_FLAGS: Readonly<Record<string, boolean>> = { true: true, false: false };

/** Bud's V1 webhooks spell their booleans as text. */
export const flag = z
  .union([z.boolean(), z.string().transform((word) => SPELLED_FLAGS[word] ?? null)])
  .nullable()
  .catch(null);

/** The instant in ISO-8601, where an offset without its colon (Bud: `+0000`) passes too. */
export const readInstant = (value: string | null): Instant | null =>
  value === null ? null : (parseInstant(value.replace(/([+-]\d{2})(\d{2})$/, '$1:$2')) ?? null);

export const instant = text.transform(readInstant);

/** A list of what `item` reads; anything but a list is an empty one. */
export const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).catch([]);

/** An object with these fields, all "not told" where it is none. */
export const record = <Shape extends z.ZodRawShape>(shape: Shape) => {
  const schema = z.object(shape);
  return schema.catch(() => schema.parse({}));
};

/** An event's time: the provider's where it is told, but no event comes from after its arrival. */
export const eventTime = (told: Instant | null, receivedAt: Instant): Instant =>
  told === null ? receivedAt : Math.min(told, receivedAt);

/** A web address that a browser may be sent to. */
export const webAddress = (value: string | null): string | null =>
  value !== null && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) ? value : null;

export const parseJson = (body: string): unknown => {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
};
