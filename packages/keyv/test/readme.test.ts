import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { readmeIsTrue, readmeOf } from '../../../test/support/readme.js';

readmeIsTrue(import.meta.url, { programs: 10, options: ['path', 'namespace', 'keyv', 'useKeyPrefix'] });

const { programs, directory, data: cwd } = readmeOf(import.meta.url);

it('the lines for SIGTERM close cleanly', { timeout: 30_000 }, async () => {
  const handler = programs.find(({ code }) => code.includes("process.once('SIGTERM'"))?.code;
  const file = join(directory, 'sigterm.mjs');
  const open = "import { createKeyv } from '@mapstone/keyv';\nconst keyv = createKeyv('./store');\n";
  writeFileSync(file, `${open}${handler}\nawait keyv.set('a', 1); setInterval(() => {}, 1000); console.log('ready');`);
  const child = spawn(process.execPath, [file], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGTERM');
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
  writeFileSync(file, `${open}console.log(keyv.store.engine.stats().recovery, await keyv.get('a'));`);
  expect((await promisify(execFile)(process.execPath, [file], { cwd })).stdout).toBe('clean 1\n');
});
