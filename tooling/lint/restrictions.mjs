// What lint refuses because of the laws of a turn; each message says what to do instead.

/** better-sqlite3 commits the first statement and then throws. */
export const asyncTransaction = {
  selector: 'CallExpression[callee.property.name="transaction"] > :function[async=true]',
  message: 'A transaction over better-sqlite3 must be synchronous: an async one leaves its first statement committed.',
};

const noClock = 'Time is a fact: take it from the facts or from the Clock port.';

/** Deciding twice over the same facts must give the same decision. */
export const clockAndChance = [
  { selector: 'CallExpression[callee.object.name="Date"][callee.property.name="now"]', message: noClock },
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: noClock },
  { selector: 'CallExpression[callee.name="Date"]', message: noClock },
  { selector: 'CallExpression[callee.object.name="performance"][callee.property.name="now"]', message: noClock },
  {
    selector: 'CallExpression[callee.object.name="Math"][callee.property.name="random"]',
    message: 'Chance is a fact: take it as an argument.',
  },
];

/** Domain and policy cannot name these at all (tsconfig); flows could, because AbortSignal comes with the same types. */
export const processAndTimers = ['process', 'console', 'fetch', 'setTimeout', 'setInterval', 'setImmediate'].map(
  (name) => ({
    name,
    message: 'Flows reach the world through ports only.',
  }),
);

/** Inside apps/api turbo sees one package, so lint keeps the stores and connectors out of the modules. */
export const apiBoundary = {
  group: ['@freshet/persistence', '@freshet/persistence/*', '@freshet/connectors', '@freshet/connectors/*'],
  allowTypeImports: true,
  message: 'Only the composition root (apps/api/src/engine: build-engine, connector-set) names a store or a connector.',
};
