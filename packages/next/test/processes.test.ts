// The handlers of two processes on one file, without Next: what one holds in memory is never older than what the other wrote. The other process runs the
// build, as `npm test` makes one.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { createCacheHandler, createUseCacheHandler } from '../src/index.js';

const path = tempPaths();
const children = new Set<ChildProcess>();
afterEach(async () => {
  for (const child of children) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  children.clear();
});

const PROGRAM = `
import { createCacheHandler, createUseCacheHandler } from '@mapstone/next';
const path = process.env.MAPSTONE_PATH;
const onError = (error) => { throw error; };
const handler = new (createCacheHandler({ path, onError }))({ revalidatedTags: [] });
const use = createUseCacheHandler({ path, onError });
process.on('message', async ({ on, method, args }) => process.send({ result: await (on === 'use' ? use : handler)[method](...args) }));
process.send({ result: 'ready' });
`;

/** The handlers of another process: calls by name. */
async function otherProcess(at: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    cwd: fileURLToPath(new URL('..', import.meta.url)), // where the package's own name resolves
    env: { ...process.env, MAPSTONE_PATH: at },
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  children.add(child);
  const answer = async () => (await once(child, 'message'))[0].result;
  await answer();
  const call = async (on: 'pages' | 'use', method: string, ...args: unknown[]) => {
    child.send({ on, method, args } as never);
    return answer();
  };
  return { call };
}

const onError = (error: unknown) => {
  throw error;
};
const page = (html: string) => ({ kind: 'APP_PAGE', html, headers: { 'x-next-cache-tags': 'posts' }, segmentData: new Map([['/', Buffer.from(html)]]) });
const hour = { cacheControl: { revalidate: 3600, expire: 31_536_000 } };
const PAGE = { kind: 'APP_PAGE' };

it('a page that the other process wrote is read, every time, also where an older one is held', { timeout: 60_000 }, async () => {
  const at = path();
  const handler = new (createCacheHandler({ path: at, onError }))({ revalidatedTags: [] });
  const other = await otherProcess(at);
  for (let i = 0; i < 50; i++) {
    await other.call('pages', 'set', '/a', page(`other ${i}`), hour);
    for (let again = 0; again < 2; again++) expect((await handler.get('/a', PAGE))?.value).toEqual(page(`other ${i}`));
    await handler.set('/a', page(`own ${i}`), hour);
    expect((await other.call('pages', 'get', '/a', PAGE)).value).toEqual(page(`own ${i}`));
  }
});

it('a tag that one process revalidates takes the pages and entries of both with it, at once', { timeout: 60_000 }, async () => {
  const at = path();
  const handler = new (createCacheHandler({ path: at, onError }))({ revalidatedTags: [] });
  const use = createUseCacheHandler({ path: at, onError });
  const other = await otherProcess(at);
  const keep = async () => {
    await handler.set('/a', page('a'), hour);
    const value = new Blob(['v']).stream() as ReadableStream<Uint8Array>;
    await use.set('k', Promise.resolve({ value, tags: ['posts'], stale: 300, timestamp: Date.now(), expire: 3600, revalidate: 900 }));
  };
  await keep();
  expect(await text((await use.get('k', []))!.value)).toBe('v');
  expect((await other.call('pages', 'get', '/a', PAGE)).value).toEqual(page('a'));
  await other.call('use', 'updateTags', ['posts']);
  expect([await handler.get('/a', PAGE), await use.get('k', [])]).toEqual([null, undefined]);
  expect(await use.getExpiration(['posts'])).toBe(await other.call('use', 'getExpiration', ['posts']));

  await expect.poll(() => Date.now()).toBeGreaterThan(await use.getExpiration(['posts']));
  await keep();
  expect((await other.call('pages', 'get', '/a', PAGE)).value).toEqual(page('a'));
  await handler.revalidateTag('posts', { expire: 3600 });
  const stale = await other.call('pages', 'get', '/a', PAGE);
  expect(stale.lastModified + stale.cacheControl.revalidate * 1000).toBeLessThan(Date.now());
  expect((await use.get('k', []))?.revalidate).toBe(-1);
});
