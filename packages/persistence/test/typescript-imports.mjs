import { registerHooks } from 'node:module';

/** Lets a bare Node 24, which runs TypeScript, follow `./x.js` to `./x.ts`: for processes that tests start. */
registerHooks({
  resolve: (specifier, context, next) => {
    try {
      return next(specifier, context);
    } catch (error) {
      if (!specifier.startsWith('.') || !specifier.endsWith('.js')) throw error;
      return next(`${specifier.slice(0, -3)}.ts`, context);
    }
  },
});
