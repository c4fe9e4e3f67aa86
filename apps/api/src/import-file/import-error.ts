/** Why an import stopped, in words: told without a stack. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}
