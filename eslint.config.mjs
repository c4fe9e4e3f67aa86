import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from './tooling/lint/node-globals.mjs';
import { apiBoundary, asyncTransaction, clockAndChance, processAndTimers } from './tooling/lint/restrictions.mjs';
import tseslint from 'typescript-eslint';

const tests = ['**/*.test.{ts,mjs}', '**/test/**', '**/contract/**'];
const size = (file, unit) => ({
  'max-lines': ['error', { max: file, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: unit, skipBlankLines: true, skipComments: true }],
});

const unused = { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true };

export default defineConfig(
  globalIgnores(['**/dist/', '**/coverage/', '**/data/', '**/.turbo/', '**/migrations/', '**/drizzle/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    languageOptions: { globals },
    rules: {
      ...size(300, 60),
      'no-restricted-syntax': ['error', asyncTransaction],
      // Flows, loaders and effects are generators by contract: one that has nothing to ask is still one.
      'require-yield': 'off',
      'no-unused-vars': ['error', unused],
    },
  },
  { files: ['**/*.ts'], extends: [tseslint.configs.recommended] },
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      'no-unused-vars': 'off',
      '@typescript-eslint/no-unused-vars': ['error', unused],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    },
  },
  {
    files: ['packages/{domain,policy,ports,flows,simulator}/src/**/*.ts'],
    ignores: tests,
    rules: { 'no-restricted-syntax': ['error', asyncTransaction, ...clockAndChance] },
  },
  {
    files: ['packages/{flows,simulator}/src/**/*.ts'],
    ignores: tests,
    rules: { 'no-restricted-globals': ['error', ...processAndTimers] },
  },
  {
    files: ['apps/api/src/**/*.ts'],
    ignores: [
      ...tests,
      'apps/api/src/engine/{build-engine,audit-thread,connector-set,connector-rows}.ts',
      'apps/api/src/audit-command/stores.ts',
    ],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [apiBoundary] }] },
  },
  // Tests tell a story from end to end: they may be longer, and a describe block is one function.
  { files: tests, rules: size(600, 400) },
);
