/** A setting that cannot be used: the start stops, and says which and why. Never says what a secret is. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}
