/** Something that the user gave cannot be used: told in words, without a stack. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
