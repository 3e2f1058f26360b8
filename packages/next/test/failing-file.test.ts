// Files that can't be opened, are damaged, or take no more writes: a request goes on, a revalidation is noted or heard of, and nothing outdated is served.

import { closeSync, mkdirSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { CONTROL_OFFSET, Control } from '../../engine/src/layout.js';
import { createCacheHandler, createUseCacheHandler } from '../src/index.js';

const path = tempPaths({ check: false });
const START = 1_800_000_000_000;
const pass = (ms: number) => void vi.setSystemTime(Date.now() + ms);
const page = (html: string) => ({ kind: 'APP_PAGE', html, headers: { 'x-next-cache-tags': 'posts' } });
const PAGE = { kind: 'APP_PAGE' };
const hour = { ...PAGE, cacheControl: { revalidate: 3600, expire: 31_536_000 } };
const ERR = { code: expect.stringMatching(/^ERR_/) };

function handlersOn(at: string) {
  const told: { code?: string }[] = [];
  const options = { path: at, flush: 'manual' as const, onError: (error: unknown) => void told.push(error as object) };
  const handler = new (createCacheHandler(options))({ revalidatedTags: [] });
  const use = createUseCacheHandler(options);
  const keep = (key: string, value: string) =>
    use.set(
      key,
      Promise.resolve({
        value: new Blob([value]).stream() as ReadableStream<Uint8Array>,
        tags: ['posts'],
        stale: 300,
        timestamp: Date.now(),
        expire: 3600,
        revalidate: 900,
      }),
    );
  return { handler, use, keep, told };
}

/** Overwrites a file that is mapped, from `offset` on. */
function overwrite(at: string, bytes: Uint8Array, offset: number): void {
  const file = openSync(at, 'r+');
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }));
afterEach(() => void vi.useRealTimers());

it('without the file a request goes on without the cache, told once for each code, and with it when it is back', async () => {
  const at = path();
  mkdirSync(at); // a directory where the file should be
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const handler = new (createCacheHandler({ path: at }))({ revalidatedTags: [] });
  await handler.set('/a', page('a'), hour);
  expect(await handler.get('/a', PAGE)).toBeNull();
  pass(6000);
  expect(await handler.get('/a', PAGE)).toBeNull();
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/^@mapstone\/next: ERR_/)]]);
  warn.mockRestore();
  rmSync(at, { recursive: true });
  pass(6000);
  await handler.set('/a', page('a'), hour);
  expect((await handler.get('/a', PAGE))?.value).toEqual(page('a'));
});

it('without the entries a revalidation is noted all the same; without the tags there is no cache, and a revalidation fails', async () => {
  const at = path();
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, 'not a store');
  const { handler, use, told } = handlersOn(at);
  expect(await handler.get('/a', PAGE)).toBeNull();
  // Not tried again at each request, but after a while.
  pass(4999);
  expect(await handler.get('/a', PAGE)).toBeNull();
  expect(told).toEqual([expect.objectContaining(ERR)]);
  pass(1);
  expect(await handler.get('/a', PAGE)).toBeNull();
  expect(told).toHaveLength(2);
  await handler.revalidateTag('posts');
  expect(await use.getExpiration(['posts'])).toBe(START + 5000);
  rmSync(at);
  pass(6000);
  await handler.set('/b', page('b'), hour);
  expect((await handler.get('/b', PAGE))?.value).toEqual(page('b'));

  const other = path();
  mkdirSync(`${other}.tags`);
  const without = handlersOn(other);
  await without.handler.set('/a', page('a'), hour);
  await without.keep('k', 'v');
  expect([await without.handler.get('/a', PAGE), await without.use.get('k')]).toEqual([null, undefined]);
  expect(await without.use.getExpiration(['posts'])).toBe(0);
  await expect(without.handler.revalidateTag('posts')).rejects.toMatchObject(ERR);
  await expect(without.use.updateTags(['posts'])).rejects.toMatchObject(ERR);
});

it('tags that are damaged while the server runs fail no request: what depends on them is a miss, and that is told', async () => {
  const at = path();
  const { handler, use, keep, told } = handlersOn(at);
  await handler.set('/a', page('a'), hour);
  await keep('k', 'v');
  await handler.revalidateTag('another');
  const size = statSync(`${at}.tags`).size;
  const segment = 2 ** 16;
  overwrite(`${at}.tags`, Buffer.alloc(size - segment, 0xa7), segment);
  expect([await handler.get('/a', PAGE), await use.get('k', ['soft'])]).toEqual([null, undefined]);
  expect(await use.getExpiration(['posts'])).toBe(0);
  await keep('k', 'v');
  expect(new Set(told.map(({ code }) => code))).toEqual(new Set(['ERR_STORE_CORRUPT']));
  await expect(handler.revalidateTag('posts')).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT' });
});

it('what could not be replaced, in a file that takes no more writes, is not served any more; the rest is', async () => {
  const at = path();
  const { handler, use, keep, told } = handlersOn(at);
  for (const key of ['/a', '/b']) await handler.set(key, page('old'), hour);
  for (const key of ['k', 'l']) await keep(key, 'old');
  const poison = (value: number) => overwrite(at, Buffer.from(Int32Array.of(value).buffer), CONTROL_OFFSET + Control.POISON * 4);
  poison(1); // as any opener leaves it whose sync has failed
  await handler.set('/a', page('new'), hour);
  await keep('k', 'new');
  expect(await handler.get('/a', PAGE)).toBeNull();
  expect(await use.get('k')).toBeUndefined();
  expect((await handler.get('/b', PAGE))?.value).toEqual(page('old'));
  expect((await use.get('l'))?.timestamp).toBe(START);
  expect(told.map(({ code }) => code)).toEqual(['ERR_STORE_POISONED', 'ERR_STORE_POISONED']);
  poison(0);
  await handler.set('/a', page('newer'), hour);
  expect((await handler.get('/a', PAGE))?.value).toEqual(page('newer'));
});
