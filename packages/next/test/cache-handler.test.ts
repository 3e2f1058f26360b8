// The handler for pages, routes and fetches as Next calls it, without Next. `npm run test:next` is with it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { conformance, values } from '@mapstone/conformance';
import { closeAll, openStore } from '@mapstone/engine';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { createCacheHandler, type NextCacheOptions } from '../src/index.js';

const path = tempPaths();
const START = 1_800_000_000_000;
const pass = (ms: number) => void vi.setSystemTime(Date.now() + ms);

/** A handler that fails the test for every error it meets. */
const strict = (options: NextCacheOptions) => {
  const Handler = createCacheHandler({
    flush: 'manual',
    onError: (error) => {
      throw error;
    },
    ...options,
  });
  return new Handler({ revalidatedTags: [] });
};

const page = (tags: string, html = '<p>hello</p>') => ({
  kind: 'APP_PAGE',
  html,
  rscData: Buffer.from([0, 255, 1]),
  headers: { 'x-next-cache-tags': tags, vary: ['rsc', 'next-router'] },
  postponed: undefined,
  status: 200,
  segmentData: new Map([
    ['/_tree', Buffer.from('tree')],
    ['/isr/$d$slug', Buffer.alloc(0)],
  ]),
});
const cached = { kind: 'FETCH', data: { headers: {}, body: 'Ym9keQ==', status: 200, url: 'https://example.com' }, revalidate: 60 };
const hour = { cacheControl: { revalidate: 3600, expire: 31_536_000 } };
const PAGE = { kind: 'APP_PAGE' };
const FETCH = { kind: 'FETCH' };

describe('with the clock in hand', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }));
  afterEach(() => void vi.useRealTimers());

  it('gives back a page with its Buffers, its Map of segments, its headers and its lifetime', async () => {
    const handler = strict({ path: path() });
    expect(await handler.get('/isr/a', PAGE)).toBeNull();
    await handler.set('/isr/a', page('posts'), hour);
    const entry = await handler.get('/isr/a', PAGE);
    expect(entry).toEqual({ lastModified: START, value: page('posts'), ...hour });
    expect(entry?.value.segmentData).toBeInstanceOf(Map);
    expect(Buffer.isBuffer(entry?.value.rscData)).toBe(true);
  });

  it('remembers that a page does not exist', async () => {
    const handler = strict({ path: path() });
    await handler.set('/gone', null, hour);
    expect(await handler.get('/gone', PAGE)).toEqual({ lastModified: START, value: null, ...hour });
  });

  it('a page is gone at its expire, and not at its revalidate, which is Next to judge', async () => {
    const handler = strict({ path: path() });
    await handler.set('/a', page(''), { cacheControl: { revalidate: 10, expire: 60 } });
    pass(59_999);
    expect((await handler.get('/a', PAGE))?.lastModified).toBe(START);
    pass(2);
    expect(await handler.get('/a', PAGE)).toBeNull();
    pass(30_000);
    // Its lifetime begins with its making.
    await handler.set('/a', page(''), { cacheControl: { revalidate: 10, expire: 60 } });
    pass(30_000);
    expect(await handler.get('/a', PAGE)).toBeNull();
  });

  it('a tag that is revalidated takes pages and fetches with it, in every handler on the file', async () => {
    const at = path();
    const [one, other] = [strict({ path: at }), strict({ path: at })];
    await one.set('/a', page('_N_T_/layout,posts,_N_T_/a'), hour);
    await one.set('/b', page('_N_T_/layout,_N_T_/b'), hour);
    await one.set('f', cached, { fetchCache: true, tags: ['posts'] });
    pass(1);
    await other.revalidateTag('posts');
    expect([await one.get('/a', PAGE), await one.get('f', { ...FETCH, tags: ['posts'] })]).toEqual([null, null]);
    expect((await one.get('/b', PAGE))?.value).toEqual(page('_N_T_/layout,_N_T_/b'));
    pass(1);
    await other.set('/a', page('posts', 'new'), hour);
    expect((await one.get('/a', PAGE))?.value.html).toBe('new');
    pass(1);
    await one.revalidateTag(['_N_T_/b', '_N_T_/layout']);
    expect(await other.get('/b', PAGE)).toBeNull();
  });

  it('a fetch is gone by the tags it was kept with, those it is asked with, and soft ones', async () => {
    const handler = strict({ path: path() });
    for (const key of ['kept', 'asked', 'soft', 'stays']) await handler.set(key, cached, { fetchCache: true, tags: [`${key}-tag`] });
    pass(1);
    await handler.revalidateTag(['kept-tag', 'x', 'y']);
    expect(await handler.get('kept', FETCH)).toBeNull();
    expect(await handler.get('asked', { ...FETCH, tags: ['x'] })).toBeNull();
    expect(await handler.get('soft', { ...FETCH, softTags: ['y'] })).toBeNull();
    expect((await handler.get('stays', { ...FETCH, tags: ['z'] }))?.value).toEqual(cached);
  });

  it('what this very request revalidated is gone for it, by whichever of its tags', async () => {
    const at = path();
    await strict({ path: at }).set('f', cached, { fetchCache: true, tags: ['kept'] });
    const get = (revalidated: string) =>
      new (createCacheHandler({ path: at }))({ revalidatedTags: [revalidated] }).get('f', { ...FETCH, tags: ['asked'], softTags: ['soft'] });
    expect(await Promise.all(['kept', 'asked', 'soft'].map(get))).toEqual([null, null, null]);
    expect((await get('another'))?.value).toEqual(cached);
  });

  it('with a lifetime to go, a tag makes a page one whose time is over, until it is made again', async () => {
    const handler = strict({ path: path() });
    await handler.set('/a', page('posts'), hour);
    await handler.set('f', cached, { fetchCache: true, tags: ['posts'] });
    pass(10);
    await handler.revalidateTag('posts', { expire: 100 });
    const entry = await handler.get('/a', PAGE);
    // As Next reckons: it is made again in the background, and not before the answer.
    expect((entry?.lastModified ?? 0) + (entry?.cacheControl?.revalidate as number) * 1000).toBeLessThan(Date.now());
    expect((entry?.lastModified ?? 0) + (entry?.cacheControl?.expire as number) * 1000).toBeGreaterThan(Date.now());
    expect((await handler.get('f', FETCH))?.lastModified).toBeLessThan(Date.now() - cached.revalidate * 1000);
    // A fetch may ask for another lifetime than it was kept with.
    expect((await handler.get('f', { ...FETCH, revalidate: 600 }))?.lastModified).toBeLessThan(Date.now() - 600_000);
    pass(100_000);
    expect([await handler.get('/a', PAGE), await handler.get('f', FETCH)]).toEqual([null, null]);
    await handler.set('/a', page('posts', 'new'), hour);
    expect(await handler.get('/a', PAGE)).toEqual({ lastModified: Date.now(), value: page('posts', 'new'), ...hour });
  });

  it('what one handler holds in memory is never older than the file, however often another writes in a millisecond', async () => {
    const at = path();
    const [one, other] = [strict({ path: at }), strict({ path: at })];
    for (let i = 0; i < 500; i++) {
      const html = String(i);
      await one.set('/a', page('posts', html), i < 250 ? hour : { cacheControl: { revalidate: false, expire: undefined } });
      for (const handler of [one, other, other]) expect((await handler.get('/a', PAGE))?.value.html).toBe(html);
    }
    await one.set('/a', null, hour);
    expect((await other.get('/a', PAGE))?.value).toBeNull();
  });

  it('a page whose tag was revalidated while it was being made is made again', async () => {
    const handler = strict({ path: path() });
    expect(await handler.get('/a', PAGE)).toBeNull(); // the rendering begins, and reads the data
    pass(5);
    await handler.revalidateTag('posts'); // the data changes
    pass(5);
    await handler.set('/a', page('posts', 'of the old data'), hour);
    expect(await handler.get('/a', PAGE)).toBeNull();
    pass(5);
    await handler.set('/a', page('posts', 'of the new data'), hour);
    expect((await handler.get('/a', PAGE))?.value.html).toBe('of the new data');
  });

  it.each([
    { kind: 'pages', kept: page('posts'), how: hour, asked: PAGE },
    { kind: 'fetches', kept: cached, how: { fetchCache: true, tags: ['posts'] }, asked: { ...FETCH, tags: ['posts'] } },
  ])('of two that are made at once, $kind, neither outlives a tag revalidated since the first began', async ({ kept, how, asked }) => {
    const handler = strict({ path: path() });
    expect(await handler.get('k', asked)).toBeNull(); // the slow one begins, and reads the data
    pass(1000);
    expect(await handler.get('k', asked)).toBeNull();
    pass(1000);
    await handler.set('k', kept, how); // the fast one
    expect((await handler.get('k', asked))?.lastModified).toBe(START + 1000);
    pass(1000);
    await handler.revalidateTag('posts');
    pass(1000);
    await handler.set('k', kept, how); // the slow one
    expect(await handler.get('k', asked)).toBeNull();
    pass(1000);
    await handler.set('k', kept, how);
    expect((await handler.get('k', asked))?.lastModified).toBe(START + 4000);
  });

  const fetched = { kept: cached, how: { fetchCache: true, tags: ['posts'] }, asked: { ...FETCH, tags: ['posts'] } };
  const rendered = { kept: page('posts,other'), how: hour, asked: PAGE };
  it.each([
    { what: 'a page past its revalidate', ...rendered, begin: () => pass(3_600_001) },
    { what: 'a page that a tag made stale', ...rendered, begin: (handler: ReturnType<typeof strict>) => handler.revalidateTag('other', { expire: 3600 }) },
    { what: 'a fetch past its revalidate', ...fetched, begin: () => pass(60_001) },
  ])('$what is made again from that read on', async ({ kept, how, asked, begin }) => {
    const handler = strict({ path: path() });
    await handler.set('k', kept, how);
    pass(1);
    await begin(handler);
    pass(1);
    // Served once more; meanwhile it is made again, and reads the data.
    expect(await handler.get('k', asked)).not.toBeNull();
    pass(5);
    await handler.revalidateTag('posts');
    pass(5);
    await handler.set('k', kept, how);
    expect(await handler.get('k', asked)).toBeNull();
  });

  it('one that never ends dates none that is made a minute later, and no lifetime', async () => {
    const handler = strict({ path: path() });
    expect(await handler.get('/a', PAGE)).toBeNull(); // given up
    pass(30_000);
    await handler.revalidateTag('posts');
    pass(1);
    // It may still be under way: who can tell.
    expect(await handler.get('/a', PAGE)).toBeNull();
    await handler.set('/a', page('posts'), hour);
    expect(await handler.get('/a', PAGE)).toBeNull();
    await handler.set('/a', page('other'), hour);
    expect((await handler.get('/a', PAGE))?.lastModified).toBe(Date.now());
    await handler.set('/a', page('posts'), hour);
    pass(30_000);
    expect(await handler.get('/a', PAGE)).toBeNull();
    await handler.set('/a', page('posts'), hour);
    expect((await handler.get('/a', PAGE))?.lastModified).toBe(Date.now());
  });

  it('a hit long ago does not date what is made now', async () => {
    const handler = strict({ path: path() });
    await handler.get('/a', PAGE);
    await handler.set('/a', page('posts'), hour);
    await handler.get('/a', PAGE);
    pass(10_000);
    await handler.revalidateTag('posts');
    pass(10);
    expect(await handler.get('/a', PAGE)).toBeNull();
    await handler.set('/a', page('posts', 'new'), hour);
    expect((await handler.get('/a', PAGE))?.value.html).toBe('new');
  });

  it('pages belong to a build, fetches to none', async () => {
    const at = path();
    const build = (id: string) => {
      const server = join(dirname(at), `${id}-dist`, 'server');
      mkdirSync(server, { recursive: true });
      writeFileSync(join(server, '..', 'BUILD_ID'), id);
      return new (createCacheHandler({ path: at }))({ revalidatedTags: [], serverDistDir: server });
    };
    const [old, next] = [build('old'), build('next')];
    await old.set('/a', page(''), hour);
    await old.set('f', cached, { fetchCache: true });
    expect([await next.get('/a', PAGE), (await next.get('f', FETCH))?.value]).toEqual([null, cached]);
    expect((await old.get('/a', PAGE))?.value).toEqual(page(''));
  });

  it('keys of a page, a fetch and an image never meet', async () => {
    const handler = strict({ path: path() });
    await handler.set('k', page(''), hour);
    await handler.set('k', cached, { fetchCache: true });
    await handler.set('k', { kind: 'IMAGE', buffer: Buffer.from('png'), etag: 'e', upstreamEtag: 'u', extension: 'png' }, { kind: 'IMAGE', ...hour });
    const kinds = [PAGE, FETCH, { kind: 'IMAGE' }];
    expect(await Promise.all(kinds.map(async (context) => (await handler.get('k', context))?.value.kind))).toEqual(['APP_PAGE', 'FETCH', 'IMAGE']);
  });
});

it('options that can not be are refused when the handler is made', () => {
  expect(() => createCacheHandler({ maxSize: -1 })).toThrow(RangeError);
  expect(() => createCacheHandler({ memory: -1 })).toThrow(RangeError);
  expect(() => createCacheHandler({ colour: 'red' } as never)).toThrow(TypeError);
});

describe('a full file', () => {
  it('stays within its size whatever comes, keeps what is young, and never fails a request', async () => {
    const at = path();
    const handler = strict({ path: at, maxSize: 2 ** 22, segmentSize: 2 ** 16 });
    for (let i = 0; i < 1000; i++) {
      await handler.set(`/p/${i}`, page('', `${i} `.repeat(10_000)), hour);
      expect((await handler.get(`/p/${i}`, PAGE))?.value.html.startsWith(`${i} `)).toBe(true);
    }
    closeAll();
    const store = openStore(at);
    expect(store.stats().fileSize).toBeLessThanOrEqual(2 ** 22);
    expect(store.stats().segmentSize).toBe(2 ** 16);
    const kept = [...store.keys()].map((key) => Number(key.split('/').at(-1)));
    store.close();
    expect(kept.length).toBeGreaterThan(20);
    expect(Math.min(...kept)).toBeGreaterThan(500);
  });

  it.each([
    { title: 'many', others: 300, size: 15_000, own: 400_000 },
    { title: 'the only one there is', others: 1, size: 2_400_000, own: 2_400_000 },
  ])('takes what needs the room of $title', async ({ others, size, own }) => {
    const handler = strict({ path: path(), maxSize: 2 ** 22, segmentSize: 2 ** 16 });
    for (let i = 0; i < others; i++) await handler.set(`/${i}`, page('', 'x'.repeat(size)), hour);
    await handler.set('/own', page('', 'y'.repeat(own)), hour);
    expect((await handler.get('/own', PAGE))?.value.html).toHaveLength(own);
  });

  it('an entry that can never fit is not kept, nor the one it replaces, and that is told', async () => {
    const told: unknown[] = [];
    const Handler = createCacheHandler({ path: path(), maxSize: 2 ** 20, segmentSize: 2 ** 16, onError: (error) => told.push(error) });
    const handler = new Handler({ revalidatedTags: [] });
    await handler.set('/a', page('', 'small'), hour);
    await handler.set('/a', page('', 'x'.repeat(2 ** 21)), hour);
    expect(await handler.get('/a', PAGE)).toBeNull();
    expect(told).toEqual([expect.objectContaining({ code: expect.stringMatching(/^ERR_(STORE_FULL|VALUE_TOO_LARGE)$/) })]);
  });
});

describe('as an adapter', () => {
  const kept = values.any.filter(([, value]) => value !== null);
  conformance({
    test,
    without: ['has', 'keys', 'clear'],
    closed: 'misses',
    values: kept,
    open(at, options) {
      let failed: unknown;
      const Handler = createCacheHandler({ path: at, memory: 0, ...options, onError: (error) => (failed = error) });
      const handler = new Handler({ revalidatedTags: [] });
      const keep = async (key: string, value: unknown, ttl?: number) => {
        failed = undefined;
        await handler.set(key, value, { cacheControl: { revalidate: false, expire: ttl === undefined ? undefined : ttl / 1000 } });
        if (failed !== undefined) throw failed;
      };
      return {
        get: async (key) => (await handler.get(key, PAGE))?.value ?? undefined,
        set: keep,
        delete: (key) => keep(key, null),
        close: closeAll,
      };
    },
  });
});
