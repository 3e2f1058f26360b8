// @mapstone/conformance under tape, which takes the same call. (vitest: packages/conformance/test; node:test: adapter-template.) Needs a build, as `npm test` makes one.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { run } from './run.js';

const tests = fileURLToPath(new URL('..', import.meta.url));
mkdirSync(join(tests, '.cache'), { recursive: true });
const directory = mkdtempSync(join(tests, '.cache', 'tape-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const program = (adapter: string) => `
import { conformance } from '@mapstone/conformance';
import { openStore } from '@mapstone/engine';
import test from 'tape';

conformance({ test, without: ['has', 'keys'], open: (path, options) => { const store = openStore(path, options); return ${adapter}; } }, ['works', 'expired']);
`;
const right = `{
  get: (key) => store.get(key),
  set: (key, value, ttl) => store.set(key, value, ttl === undefined ? undefined : { ttl }),
  delete: (key) => store.delete(key),
  clear: () => store.clear(),
  close: () => store.close(),
}`;

test('an adapter that is right passes, one that is wrong does not', { timeout: 60_000 }, async () => {
  const file = join(directory, 'adapter.mjs');
  writeFileSync(file, program(right));
  const output = await run([file]);
  expect(output).toMatch(/^# works: every value comes back as what it was$/m);
  expect(output).toMatch(/^ok \d+ the adapter has no keys # SKIP$/m);
  expect(output).toMatch(/^# ok$/m);
  writeFileSync(file, program(right.replace(', { ttl }', '').replace(/ttl === undefined \? undefined : \{ ttl \}/, 'undefined')));
  await expect(run([file])).rejects.toThrow();
});
