import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Something that must show nowhere, and how it is called in a failure. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

/** A place that others can look into. */
export interface Sink {
  readonly name: string;
  readonly bytes: Buffer;
}

const CONTEXT = 60;

/** As it is, and as it stands in a header, an address or a JSON text. */
const formsOf = (value: string): readonly string[] => [
  ...new Set([
    value,
    Buffer.from(value).toString('base64').replace(/=+$/, ''),
    Buffer.from(value).toString('hex'),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
  ]),
];

/** Where any of them shows, with what stands around it. */
export const found = (sinks: readonly Sink[], secrets: readonly Secret[]): readonly string[] =>
  sinks.flatMap(({ name, bytes }) =>
    secrets.flatMap((secret) =>
      formsOf(secret.value).flatMap((form) => {
        const place = bytes.indexOf(form);
        if (place < 0) return [];
        const around = bytes.subarray(Math.max(0, place - CONTEXT), place + form.length + CONTEXT).toString('latin1');
        return [`${secret.name} in ${name}: ${around.replaceAll(/[^ -~]/g, '.')}`];
      }),
    ),
  );

/** The database as it lies on the disk: what is sealed in it shows as what it is sealed to. */
export const databaseSinks = (folder: string): readonly Sink[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith('freshet.db'))
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
