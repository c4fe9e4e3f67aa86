import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { Vault } from '@freshet/ports';
import { SettingsError } from './settings-error.js';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** 32 bytes from base64 or hex. Throws where the text is neither, or another length. */
export const parseEncryptionKey = (text: string): Buffer => {
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (key.length === 32) return key;
  throw new SettingsError('FRESHET_ENCRYPTION_KEY must be 32 bytes as base64 or hex (openssl rand -base64 32)');
};

/** Which key sealed it: a changed key is then told from a tampered row. */
const fingerprint = (key: Buffer): string => createHash('sha256').update(key).digest('hex').slice(0, 8);

/** AES-256-GCM; what it belongs to is authenticated with it, so that a row copied elsewhere does not open. */
export const createVault = (key: Buffer): Vault => {
  const name = fingerprint(key);
  return {
    seal: (plain, belongsTo) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(belongsTo));
      const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return `v1.${name}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
    },
    open: (sealed, belongsTo) => {
      const [version, by, body] = sealed.split('.');
      if (version !== 'v1' || by !== name || body === undefined) return undefined;
      const bytes = Buffer.from(body, 'base64url');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(Buffer.from(belongsTo));
        decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        return undefined;
      }
    },
  };
};
