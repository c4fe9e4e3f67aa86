export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** Reads an unknown body field by field and collects what is wrong with it, so that all of it is said at once. */
export class Fields {
  private readonly values: Readonly<Record<string, unknown>>;
  private readonly read = new Set<string>();

  constructor(
    body: unknown,
    readonly errors: FieldError[] = [],
    private readonly prefix = '',
  ) {
    const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
    if (!isObject) this.fail('', 'must be a JSON object');
    this.values = isObject ? (body as Record<string, unknown>) : {};
  }

  get ok(): boolean {
    return this.errors.length === 0;
  }

  has(name: string): boolean {
    return this.values[name] !== undefined && this.values[name] !== null;
  }

  isNull(name: string): boolean {
    return this.values[name] === null;
  }

  /** Null where it is absent or null. */
  text(name: string): string | null {
    const value = this.take(name);
    if (value === undefined) return null;
    if (typeof value === 'string' && value.trim() !== '') return value;
    this.fail(name, 'must be a string that is not empty');
    return null;
  }

  needText(name: string): string {
    this.need(name);
    return this.text(name) ?? '';
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | null {
    const value = this.take(name);
    if (value === undefined) return null;
    if (choices.includes(value as Choice)) return value as Choice;
    this.fail(name, `must be one of ${choices.join(', ')}`);
    return null;
  }

  wholeNumber(name: string, least: number): number | null {
    const value = this.take(name);
    if (value === undefined) return null;
    if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
    this.fail(name, `must be a whole number, ${least} or more`);
    return null;
  }

  flag(name: string): boolean | null {
    const value = this.take(name);
    if (value === undefined || typeof value === 'boolean') return value ?? null;
    this.fail(name, 'must be true or false');
    return null;
  }

  texts(name: string): string[] | null {
    const value = this.take(name);
    if (value === undefined) return null;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string' && item.trim() !== '')) return value;
    this.fail(name, 'must be a list of strings');
    return null;
  }

  textMap(name: string): Record<string, string> | null {
    const value = this.take(name);
    if (value === undefined) return null;
    if (typeof value === 'object' && !Array.isArray(value)) {
      if (Object.values(value as object).every((item) => typeof item === 'string'))
        return value as Record<string, string>;
    }
    this.fail(name, 'must be an object of strings');
    return null;
  }

  /** An instant, in milliseconds. */
  time(name: string): number | null {
    const value = this.take(name);
    if (value === undefined) return null;
    const time = typeof value === 'string' ? parseTime(value) : null;
    if (time === null) this.fail(name, 'must be an ISO 8601 time with a zone');
    return time;
  }

  list(name: string): unknown[] | null {
    const value = this.take(name);
    if (value === undefined || Array.isArray(value)) return value ?? null;
    this.fail(name, 'must be a list');
    return null;
  }

  /** Accepts a field without looking at it. */
  ignore(...names: string[]): void {
    for (const name of names) this.read.add(name);
  }

  need(name: string): void {
    if (!this.has(name)) this.fail(name, 'is required');
  }

  fail(name: string, message: string): void {
    const path = [this.prefix, name].filter((part) => part !== '').join('.');
    // The first fault of a field is the one that explains it.
    if (!this.errors.some(({ field }) => field === path)) this.errors.push({ field: path, message });
  }

  /** A misspelt field would otherwise be silently without effect. */
  refuseOthers(): void {
    for (const name of Object.keys(this.values)) {
      if (!this.read.has(name)) this.fail(name, 'is not a field of this request');
    }
  }

  private take(name: string): unknown {
    this.read.add(name);
    return this.values[name] ?? undefined;
  }
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

export function parseTime(text: string): number | null {
  if (!ISO_TIME.test(text)) return null;
  // Date.parse knows +01:00 but not +0100, which Bud's own examples use.
  const time = Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(time) ? null : time;
}
