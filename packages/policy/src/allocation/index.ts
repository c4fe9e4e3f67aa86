export * from './even-spacing.js';
export * from './harmonic.js';
export * from './memoryless.js';
export type { Allocation, AllocationProblem } from './problem.js';
