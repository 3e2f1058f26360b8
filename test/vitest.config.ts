// Tests run from source: `@mapstone/<name>` is packages/<name>/src/index.ts, and `@mapstone/<name>/<subpath>` is packages/<name>/src/<subpath>.ts. Each file has a process of its own (native addons, real kills).
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const repo = resolve(fileURLToPath(import.meta.url), '../..');
const packages = readdirSync(resolve(repo, 'packages')).filter((name) => name !== 'bench');
const slow = ['test/slow/**', '**/*.slow.test.ts'];

export default defineConfig({
  root: repo,
  resolve: {
    alias: packages.flatMap((name) => [
      { find: new RegExp(`^@mapstone/${name}$`), replacement: resolve(repo, `packages/${name}/src/index.ts`) },
      { find: new RegExp(`^@mapstone/${name}/([\\w-]+)$`), replacement: resolve(repo, `packages/${name}/src/$1.ts`) },
    ]),
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'packages/bench/**', ...(process.env.MAPSTONE_QUICK ? slow : [])],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 10_000,
    reporters: ['default', resolve(repo, 'test/workspace/count-reporter.mjs')],
  },
});
