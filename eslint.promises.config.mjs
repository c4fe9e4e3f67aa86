// A promise that nobody waits for loses its error, or ends the process. Seeing one needs the types of the whole
// repository, which takes several times as long as the rest of lint: it is a step of its own in `npm run check`.
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(globalIgnores(['**/dist/', '**/*.{js,mjs}', '**/*.config.ts']), {
  files: ['**/*.ts'],
  plugins: { '@typescript-eslint': tseslint.plugin },
  // Comments that switch other rules off belong to the other configuration.
  linterOptions: { reportUnusedDisableDirectives: 'off' },
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: { project: './tsconfig.lint.json', tsconfigRootDir: import.meta.dirname },
  },
  rules: { '@typescript-eslint/no-floating-promises': 'error' },
});
