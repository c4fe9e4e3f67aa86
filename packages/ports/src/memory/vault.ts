import type { Vault } from '../clock.js';

const PREFIX = 'sealed';

/** Seals nothing, but opens only where it was sealed for: for tests. */
export const plainVault = (): Vault => ({
  seal: (plain, belongsTo) => JSON.stringify([PREFIX, belongsTo, plain]),
  open: (sealed, belongsTo) => {
    const [prefix, owner, plain] = parsed(sealed);
    return prefix === PREFIX && owner === belongsTo && typeof plain === 'string' ? plain : undefined;
  },
});

const parsed = (sealed: string): readonly unknown[] => {
  try {
    const parts: unknown = JSON.parse(sealed);
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
};
