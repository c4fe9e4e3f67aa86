/** A stream of chance that is the same in each run: all of a simulation's luck comes from such streams. */
export interface Random {
  /** Even over [0, 1). */
  readonly even: () => number;
  /** From the standard normal distribution. */
  readonly normal: () => number;
  /** From the exponential distribution of mean 1. */
  readonly exponential: () => number;
}

/** One step of a hash with good avalanche (the finalizer of MurmurHash3). */
const mixed = (value: number): number => {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** One 32-bit number for any list of whole ones: neighbours lie far apart. */
const hashOf = (parts: readonly number[]): number =>
  parts.reduce((hash, part) => mixed(Math.imul(hash, 0x9e3779b1) + mixed(part + 0x7f4a7c15)), 0x243f6a88);

const WARM_UP = 15;

/** Chris Doty-Humphrey's sfc32: small, quick, and sound in PractRand to far more numbers than are drawn here. */
const sfc32 = (seed: number): (() => number) => {
  let [a, b, c, counter] = [mixed(seed), mixed(seed + 1), mixed(seed + 2), 1];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < WARM_UP; round += 1) next();
  return next;
};

/** The stream named by these whole numbers: another name, another stream, whatever else was drawn before. */
export const randomOf = (...name: readonly number[]): Random => {
  const next = sfc32(hashOf(name));
  const even = (): number => next() / 2 ** 32;
  // 1 - even() is never 0, so its logarithm is finite.
  const exponential = (): number => -Math.log(1 - even());
  return {
    even,
    exponential,
    normal: () => Math.sqrt(2 * exponential()) * Math.cos(2 * Math.PI * even()),
  };
};

/** One even number in [0, 1) for each name: chance without a stream's order. */
export const chanceOf = (...name: readonly number[]): number => hashOf(name) / 2 ** 32;
