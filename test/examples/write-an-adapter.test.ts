// docs/write-an-adapter.md is true: its adapter and its tests, as pasted into two files, pass; and it is one screen. Needs a build, as `npm test` makes one.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { run } from './run.js';

const tests = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(tests, '../docs/write-an-adapter.md'), 'utf8');

mkdirSync(join(tests, '.cache'), { recursive: true });
const directory = mkdtempSync(join(tests, '.cache', 'adapter-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('its adapter passes its tests', { timeout: 60_000 }, async () => {
  const files = [...page.matchAll(/(?<=^```js\n)\/\/ ([\w.-]+)\n.*?(?=^```)/gms)];
  expect(files.map(([, name]) => name)).toEqual(['adapter.mjs', 'adapter.test.mjs']);
  for (const [code, name] of files) writeFileSync(join(directory, name), code);
  const output = await run(['--test', '--test-reporter=tap', join(directory, 'adapter.test.mjs')]);
  expect(output).toMatch(/^# pass \d\d\n# fail 0\n# cancelled 0\n# skipped 2$/m);
});

test('it is one screen', () => {
  expect(page.split('\n').length).toBeLessThanOrEqual(60);
});
