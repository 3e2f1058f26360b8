// The README's three files, as pasted: the configuration names handlers that are there and that load, with their defaults. Needs a build, as `npm test` makes one.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

// Inside the package, so that its own name resolves; git ignores `.cache`.
mkdirSync(join(root, '.cache'), { recursive: true });
const directory = mkdtempSync(join(root, '.cache', 'readme-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('its files are a configuration and two handlers that work', async () => {
  const files = [...readme.matchAll(/(?<=^```js\n)\/\/ ([\w.-]+)\n.*?(?=^```)/gms)];
  expect(files.map(([, name]) => name)).toEqual(['next.config.mjs', 'cache-handler.mjs', 'use-cache-handler.mjs']);
  for (const [code, name] of files) writeFileSync(join(directory, name), code);
  const program = `
    const { default: config } = await import('./next.config.mjs');
    const { default: Handler } = await import(config.cacheHandler);
    const { default: use } = await import(config.cacheHandlers.default);
    const handler = new Handler({ revalidatedTags: [] });
    await handler.set('/a', { kind: 'APP_PAGE', html: 'kept', headers: {} }, { cacheControl: { revalidate: 60, expire: 3600 } });
    console.log((await handler.get('/a', { kind: 'APP_PAGE' })).value.html, await use.getExpiration(['t']), config.cacheMaxMemorySize);
  `;
  writeFileSync(join(directory, 'program.mjs'), program);
  const { stdout } = await promisify(execFile)(process.execPath, ['program.mjs'], { cwd: directory });
  expect(stdout).toBe('kept 0 0\n');
  expect(['', '.tags'].map((end) => existsSync(join(directory, `.next/cache/next.mapstone${end}`)))).toEqual([true, true]);
});

it('its table has every option of its own', () => {
  const declared = readFileSync(join(root, 'src/options.ts'), 'utf8').split('export interface NextCacheOptions')[1].split('\n}')[0];
  const own = [...declared.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
  const rows = [...readme.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  expect(rows).toEqual(expect.arrayContaining(own));
  expect(own.length).toBeGreaterThan(3);
});
