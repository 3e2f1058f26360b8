// The store as undici's own tests of stores ask it, in other words (they are not published).
import { closeAll } from '@mapstone/engine';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneCacheStore } from '../src/index.js';
import { aValue, bodyOf, keyOf, put, totals } from './support/responses.js';

const path = tempPaths();
let file: string;
let store: MapstoneCacheStore;
const text = (key: Parameters<MapstoneCacheStore['get']>[0]) => bodyOf(store.get(key))?.toString();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  file = path();
  store = new MapstoneCacheStore({ path: file });
});
afterEach(() => {
  vi.useRealTimers();
  closeAll();
});

describe('a response', () => {
  it('is missed at once, without a promise', () => {
    expect(store.get(keyOf('/'))).toBe(undefined);
  });

  it('comes back whole, and after a restart too', async () => {
    const value = aValue({
      statusCode: 203,
      statusMessage: 'Odd',
      headers: { 'content-type': 'text/plain', link: ['<a>', '<b>'], __proto__x: 'own' },
      vary: { accept: 'text/plain', 'x-none': null },
      etag: '"asd123"',
      cacheControlDirectives: { 'max-age': 60, 'no-cache': ['set-cookie'] },
    });
    const key = keyOf('/?a=1', { headers: { accept: 'text/plain' } });
    await put(store, key, 'asd', value);
    const { body: _, ...found } = store.get(key)!;
    expect(found).toEqual(value);
    expect(text(key)).toBe('asd');
    store.close();
    store = new MapstoneCacheStore({ path: file });
    const { body: __, ...again } = store.get(key)!;
    expect(again).toEqual(value);
    expect(text(key)).toBe('asd');
  });

  it('has its body as a list of Buffers, which undici may send chunk by chunk, and none if it is empty', async () => {
    await put(store, keyOf('/'), 'asd');
    await put(store, keyOf('/empty'), '');
    expect(store.get(keyOf('/'))!.body).toEqual([Buffer.from('asd')]);
    expect(store.get(keyOf('/empty'))!.body).toEqual([]);
  });

  it('may be written in many pieces, of text and bytes', async () => {
    const stream = store.createWriteStream(keyOf('/'), aValue())!;
    stream.write('61', 'hex');
    stream.write(new Uint8Array([0x62]));
    stream.write('ü');
    await new Promise<void>((done) => stream.end(done));
    expect(text(keyOf('/'))).toBe('abü');
  });

  it('is not there before its body has ended, nor if that breaks off', async () => {
    const stream = store.createWriteStream(keyOf('/'), aValue())!;
    stream.write('half');
    expect(store.get(keyOf('/'))).toBe(undefined);
    stream.destroy();
    await new Promise((done) => stream.once('close', done));
    expect(store.get(keyOf('/'))).toBe(undefined);
    expect(store.engine.size).toBe(0);
  });

  it('is given when stale, until its deleteAt', async () => {
    await put(store, keyOf('/'), 'x', { staleAt: Date.now() + 1_000, deleteAt: Date.now() + 2_000 });
    vi.advanceTimersByTime(1_999);
    expect(text(keyOf('/'))).toBe('x');
    vi.advanceTimersByTime(1);
    expect(store.get(keyOf('/'))).toBe(undefined);
    expect([...store.engine.keys({ prefix: 'undici:body:' })]).toEqual([]);
    await put(store, keyOf('/'), 'new');
    expect(text(keyOf('/'))).toBe('new');
  });

  it('whose deleteAt is over is not stored', async () => {
    await put(store, keyOf('/'), 'x', { deleteAt: Date.now() });
    expect(store.engine.size).toBe(0);
  });

  it('whose deleteAt comes before its end takes the one before with it, and no other', async () => {
    await put(store, keyOf('/'), 'first');
    await put(store, keyOf('/', { method: 'HEAD' }), 'head');
    const stream = store.createWriteStream(keyOf('/'), aValue({ deleteAt: Date.now() + 1_000 }))!;
    vi.advanceTimersByTime(1_000);
    await new Promise<void>((done) => stream.end('second', done));
    expect(store.get(keyOf('/'))).toBe(undefined);
    expect(text(keyOf('/', { method: 'HEAD' }))).toBe('head');
    expect([...store.engine.keys({ prefix: 'undici:body:' })]).toHaveLength(1);
    expect(totals(store).count).toBe(1);
  });

  it('takes the place of the one before', async () => {
    await put(store, keyOf('/'), 'first');
    await put(store, keyOf('/'), 'second', { etag: '"2"' });
    expect(text(keyOf('/'))).toBe('second');
    expect(store.get(keyOf('/'))!.etag).toBe('"2"');
    expect([...store.engine.keys({ prefix: 'undici:body:' })]).toHaveLength(1);
  });

  it('is one of its method, path and origin', async () => {
    const keys = [keyOf('/'), keyOf('/', { method: 'HEAD' }), keyOf('/a'), keyOf('/', { origin: 'http://origin:8080' })];
    for (const [i, key] of keys.entries()) await put(store, key, `${i}`);
    expect(keys.map(text)).toEqual(['0', '1', '2', '3']);
  });
});

describe('vary', () => {
  const asking = (headers: Record<string, string | string[]>) => keyOf('/', { headers });

  it('decides which response answers', async () => {
    await put(store, asking({ accept: 'a', host: 'x' }), 'for a', { vary: { accept: 'a' } });
    await put(store, asking({ accept: 'b' }), 'for b', { vary: { accept: 'b' } });
    await put(store, asking({}), 'for none', { vary: { accept: null } });
    expect(text(asking({ accept: 'a', host: 'y' }))).toBe('for a');
    expect(text(asking({ accept: 'b' }))).toBe('for b');
    expect(text(asking({}))).toBe('for none');
    expect(text(keyOf('/', { headers: undefined }))).toBe('for none');
    expect(text(asking({ accept: 'c' }))).toBe(undefined);
  });

  it('compares lists item by item', async () => {
    await put(store, asking({ accept: ['a', 'b'] }), 'list', { vary: { accept: ['a', 'b'] } });
    expect(text(asking({ accept: ['a', 'b'] }))).toBe('list');
    expect(text(asking({ accept: ['b', 'a'] }))).toBe(undefined);
    expect(text(asking({ accept: ['a'] }))).toBe(undefined);
    expect(text(asking({ accept: 'a,b' }))).toBe(undefined);
  });

  it('renews one of several and leaves the others', async () => {
    await put(store, asking({ accept: 'a' }), 'a1', { vary: { accept: 'a' } });
    await put(store, asking({ accept: 'b' }), 'b1', { vary: { accept: 'b' } });
    await put(store, asking({ accept: 'a' }), 'a2', { vary: { accept: 'a' } });
    expect([text(asking({ accept: 'a' })), text(asking({ accept: 'b' }))]).toEqual(['a2', 'b1']);
    expect([...store.engine.keys({ prefix: 'undici:body:' })]).toHaveLength(2);
  });

  it('on what differs each time keeps the newest hundred', async () => {
    for (let i = 0; i < 120; i++) await put(store, asking({ cookie: `${i}` }), `${i}`, { vary: { cookie: `${i}` } });
    expect(text(asking({ cookie: '119' }))).toBe('119');
    expect(text(asking({ cookie: '20' }))).toBe('20');
    expect(text(asking({ cookie: '19' }))).toBe(undefined);
    expect([...store.engine.keys({ prefix: 'undici:body:' })]).toHaveLength(100);
  });

  it('keeps each as long as it said, beside others that live shorter', async () => {
    await put(store, asking({ accept: 'a' }), 'long', { vary: { accept: 'a' }, deleteAt: Date.now() + 10_000 });
    await put(store, asking({ accept: 'b' }), 'short', { vary: { accept: 'b' }, deleteAt: Date.now() + 1_000 });
    vi.advanceTimersByTime(5_000);
    expect([text(asking({ accept: 'a' })), text(asking({ accept: 'b' }))]).toEqual(['long', undefined]);
  });
});

describe('delete', () => {
  it('takes all of a URL, whatever method and vary, and nothing else', async () => {
    await put(store, keyOf('/', { headers: { a: '1' } }), 'x', { vary: { a: '1' } });
    await put(store, keyOf('/', { headers: { a: '2' } }), 'x', { vary: { a: '2' } });
    await put(store, keyOf('/', { method: 'HEAD' }), '');
    await put(store, keyOf('/other'), 'other');
    store.delete(keyOf('/', { method: 'POST' }));
    store.delete(keyOf('/never'));
    expect(store.get(keyOf('/', { headers: { a: '1' } }))).toBe(undefined);
    expect(store.get(keyOf('/', { method: 'HEAD' }))).toBe(undefined);
    expect(text(keyOf('/other'))).toBe('other');
    expect([...store.engine.keys({ prefix: 'undici:body:' })]).toHaveLength(1);
  });
});

describe('what is refused', () => {
  it.each([undefined, null, 'x', {}, { origin: 'x', method: 'GET' }, { origin: 'x', method: 'GET', path: 7 }])(
    'the key %j, as undici refuses it',
    (key: any) => {
      for (const call of [() => store.get(key), () => store.delete(key), () => store.createWriteStream(key, aValue())]) expect(call).toThrow(TypeError);
    },
  );

  it.each([undefined, null, {}, aValue({ statusCode: '200' as any }), aValue({ deleteAt: undefined as any }), aValue({ statusMessage: null as any })])(
    'the value %j, as undici refuses it',
    (value: any) => {
      expect(() => store.createWriteStream(keyOf('/'), value)).toThrow(TypeError);
    },
  );

  it('a time that is none, when the body ends; what was there is untouched', async () => {
    const reported: unknown[] = [];
    store = new MapstoneCacheStore({ path: file, errorCallback: (error) => reported.push(error) });
    await put(store, keyOf('/'), 'before');
    await expect(put(store, keyOf('/'), 'after', { deleteAt: Number.NaN })).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
    expect(reported).toMatchObject([{ code: 'ERR_OPTION_INVALID' }]);
    expect(text(keyOf('/'))).toBe('before');
  });

  it('a URL that is no key of the engine: it is passed on and not stored', () => {
    const reported: unknown[] = [];
    store = new MapstoneCacheStore({ path: file, errorCallback: (error) => reported.push(error) });
    const key = keyOf(`/${'x'.repeat(65_536)}`);
    expect(store.get(key)).toBe(undefined);
    expect(store.createWriteStream(key, aValue())).toBe(undefined);
    store.delete(key);
    expect(reported).toEqual([]);
  });

  it('and not one that only just is', async () => {
    const longest = keyOf(`/${'x'.repeat(65_500 - 'http://origin/'.length)}`);
    await put(store, longest, 'x');
    expect(text(longest)).toBe('x');
    expect(store.createWriteStream({ ...longest, path: `${longest.path}x` }, aValue())).toBe(undefined);
  });

  it.each([
    undefined,
    {},
    { path: '' },
    { path: 'x', maxCount: -1 },
    { path: 'x', maxSize: 1.5 },
    { path: 'x', maxEntrySize: '1' },
    { path: 'x', errorCallback: 1 },
  ])('the options %j', (options: any) => {
    expect(() => new MapstoneCacheStore(options)).toThrow(TypeError);
  });

  it('nothing else: a store that fails is reported, and the request goes on', async () => {
    const warnings: any[] = [];
    const onWarning = (warning: unknown) => warnings.push(warning);
    process.on('warning', onWarning);
    await put(store, keyOf('/'), 'x');
    const late = store.createWriteStream(keyOf('/late'), aValue())!;
    store.close();
    expect(store.get(keyOf('/'))).toBe(undefined);
    store.delete(keyOf('/'));
    const error = new Promise((done) => late.once('error', done));
    late.end('x');
    expect(await error).toMatchObject({ code: 'ERR_STORE_CLOSED' });
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    // Once for each code.
    expect(warnings).toMatchObject([{ name: 'MapstoneCacheStore', code: 'ERR_STORE_CLOSED' }]);
  });
});
