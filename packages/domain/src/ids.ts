/** Ids are UUIDv7 behind a readable prefix: sortable by creation, and a support person sees what one names. */
declare const kind: unique symbol;
export type Id<Prefix extends string> = string & { readonly [kind]: Prefix };

export const idPrefixes = {
  tenant: 'ten',
  connection: 'conn',
  decision: 'dec',
  task: 'task',
  pull: 'pull',
  ledger: 'led',
  history: 'his',
  webhook: 'whk',
  audit: 'aud',
  finding: 'fnd',
  repair: 'rep',
  invoice: 'inv',
  run: 'run',
  key: 'key',
} as const;

export type IdKind = keyof typeof idPrefixes;
export type IdOf<Kind extends IdKind> = Id<(typeof idPrefixes)[Kind]>;

export type TenantId = IdOf<'tenant'>;
export type ConnectionId = IdOf<'connection'>;
export type DecisionId = IdOf<'decision'>;
export type TaskId = IdOf<'task'>;
export type PullId = IdOf<'pull'>;
export type LedgerId = IdOf<'ledger'>;
export type HistoryId = IdOf<'history'>;
export type WebhookId = IdOf<'webhook'>;
export type AuditId = IdOf<'audit'>;
export type FindingId = IdOf<'finding'>;
export type RepairId = IdOf<'repair'>;
export type InvoiceId = IdOf<'invoice'>;
export type RunId = IdOf<'run'>;
export type KeyId = IdOf<'key'>;

/** The tenant that a start without configuration serves. */
export const DEFAULT_TENANT = 'ten_default' as TenantId;

export const idOf = <Kind extends IdKind>(name: Kind, uuid: string): IdOf<Kind> =>
  `${idPrefixes[name]}_${uuid}` as IdOf<Kind>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The id, or undefined where the text cannot be one of that kind. */
export const parseId = <Kind extends IdKind>(name: Kind, text: string): IdOf<Kind> | undefined => {
  const prefix = `${idPrefixes[name]}_`;
  return text.startsWith(prefix) && UUID.test(text.slice(prefix.length)) ? (text as IdOf<Kind>) : undefined;
};

const TIME = /_([0-9a-f]{8})-([0-9a-f]{4})-7/;

/** When the id was made, by the clock that it was made with; undefined where it does not tell. */
export const madeAt = (id: string): number | undefined => {
  const found = TIME.exec(id);
  return found === null ? undefined : Number.parseInt(`${found[1]}${found[2]}`, 16);
};

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** UUIDv7 (RFC 9562) from a time in milliseconds and ten random bytes. */
export const uuidv7 = (nowMs: number, random: Uint8Array): string => {
  if (random.length < 10) throw new RangeError(`uuidv7 needs ten random bytes, got ${random.length}`);
  const hex = (index: number): string => HEX[random[index] as number] as string;
  const time = Math.floor(nowMs).toString(16).padStart(12, '0');
  const version = HEX[0x70 | ((random[0] as number) & 0x0f)] as string;
  const variant = HEX[0x80 | ((random[2] as number) & 0x3f)] as string;
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}${hex(1)}-${variant}${hex(3)}-${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`;
};
