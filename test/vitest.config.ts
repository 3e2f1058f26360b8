// Tests run from source: `@mapstone/<name>` is packages/<name>/src/index.ts, and `@mapstone/<name>/<subpath>` is packages/<name>/src/<subpath>.ts. Each file has a process of its own (native addons, real kills).
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const repo = resolve(fileURLToPath(import.meta.url), '../..');
const packages = readdirSync(resolve(repo, 'packages')).filter((name) => name !== 'bench');
/** What `npm run test:quick` runs, in under a minute: the engine as its users see it, the codec, caches, the official Keyv suite, single flight, and the project's own rules. */
const quick = [
  'packages/engine/test/api/{batch,expiry,keys,object-cache,options,update,values}.test.ts',
  'packages/engine/test/codec{,-refusals}.test.ts',
  'packages/engine/test/cache/{eviction,limits,sweep}.test.ts',
  'packages/keyv/test/{envelope,errors,namespaces,suite,ttl,values}.test.ts',
  'packages/cache/test/{cache,loads}.test.ts',
  'test/{format,structure}/**/*.test.ts',
];

const ALL = ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'];
const AWAY = ['**/node_modules/**', '**/dist/**', 'packages/bench/**'];
const ROWS = 'test/scorecard/**/*.test.ts';

export default defineConfig({
  root: repo,
  resolve: {
    alias: packages.flatMap((name) => [
      { find: new RegExp(`^@mapstone/${name}$`), replacement: resolve(repo, `packages/${name}/src/index.ts`) },
      { find: new RegExp(`^@mapstone/${name}/([\\w-]+)$`), replacement: resolve(repo, `packages/${name}/src/$1.ts`) },
    ]),
  },
  test: {
    exclude: AWAY,
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 10_000,
    reporters: ['default', resolve(repo, 'test/workspace/count-reporter.mjs')],
    // Tests with processes and timers get the cores that vitest gives them, all but one. What takes long, and has no clock to keep up with, gets all of them, afterwards.
    projects: [
      { extends: true, test: { name: 'tests', include: process.env.MAPSTONE_QUICK ? quick : ALL, exclude: [...AWAY, ROWS], sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: { name: 'scorecard', include: process.env.MAPSTONE_QUICK ? [] : [ROWS], maxWorkers: availableParallelism(), sequence: { groupOrder: 1 } },
      },
    ],
  },
});
