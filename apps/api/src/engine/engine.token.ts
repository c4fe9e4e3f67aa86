/** Nest's name for the one Engine of the process: `@Inject(ENGINE) private readonly engine: Engine`. */
export const ENGINE = Symbol('Engine');
/** The Settings that the process was started with. */
export const SETTINGS = Symbol('Settings');
/** Starts what is due now instead of at the next tick: a request that queued a task calls it. */
export const NUDGE = Symbol('Nudge');
export type Nudge = () => void;
