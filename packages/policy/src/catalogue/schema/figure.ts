import { z } from 'zod';

/** What a figure of the catalogue carries beside its value. */
const provenance = {
  /** Where it was read: an address, or `our choice:` and the reason. */
  source: z.string().trim().min(1, 'expected where the figure was read'),
  checkedOn: z.iso.date('expected the day on which it was checked, such as 2026-11-21'),
  /** The true figure is not public: this one only shows the shape. */
  example: z.literal(true).optional(),
  note: z.string().trim().min(1).optional(),
};

/** The schema of a figure: named, because what would be inferred of it does not compile where it is shipped. */
export type FigureOf<Value extends z.ZodType> = z.ZodType<z.output<Value>, Figure<z.input<Value>>>;

/** A value with its provenance, read as the value. */
export const figure = <Value extends z.ZodType>(value: Value): FigureOf<Value> =>
  z
    .strictObject({ value, ...provenance })
    .transform((read) => (read as { readonly value: z.output<Value> }).value) as unknown as FigureOf<Value>;

/** A value with or without provenance: in a policy file, the file itself is the source. */
export const setting = <Value extends z.ZodType>(value: Value): z.ZodUnion<readonly [FigureOf<Value>, Value]> =>
  z.union([figure(value), value]);

type Shape = Readonly<Record<string, z.ZodType>>;
export type Figures<Fields extends Shape> = { [Field in keyof Fields]: FigureOf<Fields[Field]> };
export type SettingsOf<Fields extends Shape> = { [Field in keyof Fields]: ReturnType<typeof setting<Fields[Field]>> };

const mapFields = (fields: Shape, wrap: (value: z.ZodType) => z.ZodType): Shape =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, wrap(value)]));

export const figures = <Fields extends Shape>(fields: Fields): Figures<Fields> =>
  mapFields(fields, figure) as Figures<Fields>;

export const settings = <Fields extends Shape>(fields: Fields): SettingsOf<Fields> =>
  mapFields(fields, setting) as SettingsOf<Fields>;

/** A figure as it is written. */
export interface Figure<Value> {
  readonly value: Value;
  readonly source: string;
  readonly checkedOn: string;
  readonly example?: true | undefined;
  readonly note?: string | undefined;
}
