// The README's adapter and its tests, as pasted into two files, pass under node:test. Needs a build, as `npm test` makes one.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { suites } from '../src/index.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const source = readFileSync(join(root, 'src/options.ts'), 'utf8');

// Inside the package, so that its own name resolves; git ignores `.cache`.
mkdirSync(join(root, '.cache'), { recursive: true });
const directory = mkdtempSync(join(root, '.cache', 'readme-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('its programs pass', { timeout: 60_000 }, async () => {
  for (const [code, name] of readme.matchAll(/(?<=^```js\n)\/\/ ([\w.-]+)\n.*?(?=^```)/gms)) writeFileSync(join(directory, name), code);
  // Node would take itself for a child of a test run, and print in its own format.
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', join(directory, 'my-cache.test.js')], { env });
  expect(stdout).toMatch(/^# pass \d\d\n# fail 0\n# cancelled 0\n# skipped 2$/m);
});

it('its tables name every suite and every option', () => {
  const [, suiteTable, optionTable] = readme.split(/^## /m);
  const rows = (text: string) => [...text.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  expect(rows(suiteTable)).toEqual(Object.keys(suites));
  const declared = source.split('export interface ConformanceOptions {')[1].split('\n}')[0];
  expect(rows(optionTable)).toEqual([...declared.matchAll(/^ {2}(\w+)\??[(:]/gm)].map(([, name]) => name));
});
