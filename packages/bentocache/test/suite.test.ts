// bentocache's exported suite for drivers passes, every test of it (Japa, in a process of its own). It sleeps for 2.5 s, to see an entry expire.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';

const path = tempPaths();

it('bentocache/test_suite: 21 tests, none fails', { timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(new URL('suite/run.mjs', import.meta.url))], {
    env: { ...process.env, FILE: path() },
  });
  const events = stdout
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const tests = events.filter(({ event }) => event === 'test:end');
  expect(tests.filter(({ hasError }) => hasError)).toEqual([]);
  expect(tests.length).toBe(21);
});
