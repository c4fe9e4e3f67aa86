export { CatalogueError } from './catalogue-error.js';
export type { CatalogueFault } from './catalogue-error.js';
export { buildPolicyBook, rebuildPolicyBook } from './policy-book.js';
export type { PolicyBookInput } from './policy-book.js';
export { printProviders } from './print-providers.js';
export { providers as catalogueProviders } from './providers/index.js';
export { policyFileSchema } from './schema/policy-file.js';
export type { PolicyFile } from './schema/policy-file.js';
export type { ProviderEntry } from './schema/entry.js';
