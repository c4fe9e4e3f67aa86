import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseEncryptionKey } from './aes-vault.js';
import { SettingsError } from './settings-error.js';
import type { Settings } from './settings.js';

const keyFile = (databaseFile: string): string => `${databaseFile}.key`;

/** The configured key; in sandbox mode without one, a key of its own that is kept beside the database. */
export const encryptionKey = (settings: Settings): Buffer => {
  if (settings.encryptionKey !== null) return parseEncryptionKey(settings.encryptionKey);
  if (!settings.sandbox) throw new SettingsError('FRESHET_ENCRYPTION_KEY is needed outside of sandbox mode');
  const file = keyFile(settings.databaseFile);
  if (existsSync(file)) return parseEncryptionKey(readFileSync(file, 'utf8').trim());
  const key = randomBytes(32);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  return key;
};
