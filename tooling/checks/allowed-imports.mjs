// The table "may import" of the design: what each folder may use from npm and from Node. The workspace column is kept
// by `turbo boundaries` too; it is repeated here because package.json can name a package that no import uses yet.

/**
 * @typedef {object} Row
 * @property {string[]} workspace packages of this repository, without their scope
 * @property {(string | RegExp)[]} external npm packages (any of their subpaths) and node: modules
 * @property {Record<string, RegExp>} [onlyIn] a package whose code only some files may import
 */

const anyNode = /^node:/;

/** @type {Record<string, Row>} */
export const allowedImports = {
  domain: { workspace: [], external: [] },
  policy: {
    workspace: ['domain'],
    external: ['zod'],
    // Deciding must not parse: zod describes the catalogue's files and nothing else.
    onlyIn: { zod: /^src\/catalogue\/(.*\/)?(schema\/.+|[\w-]*schema[\w-]*)\.ts$/ },
  },
  ports: { workspace: ['domain'], external: [] },
  flows: { workspace: ['domain', 'policy', 'ports'], external: [] },
  persistence: {
    workspace: ['domain', 'ports'],
    external: ['drizzle-orm', 'better-sqlite3', 'pg', 'pg-boss', anyNode],
  },
  connectors: {
    workspace: ['domain', 'ports'],
    // HTTP and crypto, and what they need to speak bytes and addresses; no files, no processes.
    external: [
      'undici',
      'jose',
      'zod',
      'axios',
      'plaid',
      'mx-platform-node',
      /^node:(crypto|http|https|net|tls|buffer|url|util|stream|zlib|timers)(\/|$)/,
    ],
  },
  sandbox: { workspace: ['domain'], external: ['fastify', 'jose', anyNode] },
  simulator: { workspace: ['domain', 'policy', 'ports', 'flows'], external: [] },
};
