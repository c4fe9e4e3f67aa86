/** What the command was given cannot be used, or what it needs is not there: told in its words, without a stack. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** Faults of files and folders are said as they are, behind what was wanted. */
export const asMisuse = <Made>(make: () => Made, wanted = ''): Made => {
  try {
    return make();
  } catch (error) {
    throw new Misuse(`${wanted}${(error as Error).message}`);
  }
};
