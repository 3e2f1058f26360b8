// The driver in the real unstorage: what unstorage's own test of drivers asks, in other words (it is not published), and what only this driver has.
import { existsSync } from 'node:fs';
import { closeAll } from '@mapstone/engine';
import { createStorage, prefixStorage, type Storage } from 'unstorage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import mapstone, { type MapstoneDriverOptions } from '../src/index.js';

const path = tempPaths();
const open = (options: Partial<MapstoneDriverOptions> = {}) => createStorage({ driver: mapstone({ path: file, ...options }) });
let file: string;
let storage: Storage;

beforeEach(() => {
  file = path();
  storage = open();
});
afterEach(async () => {
  await storage.dispose();
  closeAll();
  vi.useRealTimers();
});

describe('what unstorage asks of every driver', () => {
  it('starts empty', async () => {
    expect(await storage.hasItem('s1:a')).toBe(false);
    expect(await storage.getItem('s2:a')).toBe(null);
    expect(await storage.getKeys()).toEqual([]);
  });

  it('sets, and has what was set', async () => {
    await storage.setItem('s1:a', 'test_data');
    await storage.setItem('s3:a?q=1', 'test_data');
    expect(await storage.hasItem('s1:a')).toBe(true);
    expect(await storage.getItem('s1:a')).toBe('test_data');
    expect(await storage.getItem('s3:a?q=2')).toBe('test_data');
  });

  it('lists keys, all and below a base', async () => {
    for (const key of ['s1:a', 's2:a', 's3:a']) await storage.setItem(key, 'x');
    expect((await storage.getKeys()).sort()).toEqual(['s1:a', 's2:a', 's3:a']);
    expect(await storage.getKeys('s1')).toEqual(['s1:a']);
    expect(await storage.getKeys('s')).toEqual([]);
  });

  it('lists keys to a depth', async () => {
    for (const key of ['depth0', 'a:depth1', 'a:b:depth2', 'a:b:depth2b']) await storage.setItem(key, 'x');
    expect(await storage.getKeys(undefined, { maxDepth: 0 })).toEqual(['depth0']);
    expect((await storage.getKeys(undefined, { maxDepth: 1 })).sort()).toEqual(['a:depth1', 'depth0']);
    expect((await storage.getKeys('a', { maxDepth: 2 })).sort()).toEqual(['a:b:depth2', 'a:b:depth2b', 'a:depth1']);
  });

  it('keeps objects', async () => {
    await storage.setItem('/data/test.json', { json: 'works' });
    expect(await storage.getItem('/data/test.json')).toEqual({ json: 'works' });
  });

  it('keeps primitives', async () => {
    const values = [true, false, 0, -1.5, null, '', 'text'];
    for (const [i, value] of values.entries()) await storage.setItem(`p:${i}`, value);
    for (const [i, value] of values.entries()) expect(await storage.getItem(`p:${i}`)).toEqual(value);
  });

  it('keeps what toJSON makes of an object', async () => {
    class Point {
      toJSON = () => ({ x: 1 });
    }
    await storage.setItem('/data/point', new Point());
    expect(await storage.getItem('/data/point')).toEqual({ x: 1 });
  });

  it('refuses, as unstorage does, an object that is none', async () => {
    class Opaque {}
    await expect(storage.setItem('/data/opaque', new Opaque())).rejects.toThrow('Cannot stringify');
    expect(await storage.hasItem('/data/opaque')).toBe(false);
  });

  it('keeps bytes', async () => {
    const bytes = new Uint8Array([1, 2, 3, 255]);
    await storage.setItemRaw('/data/raw.bin', bytes);
    expect(await storage.getItemRaw('/data/raw.bin')).toEqual(bytes);
  });

  it('sets many', async () => {
    await storage.setItems<any>([
      { key: 't:1', value: 'one' },
      { key: 't:2', value: { two: 2 } },
    ]);
    expect(await storage.getItem('t:1')).toBe('one');
    expect(await storage.getItem('t:2')).toEqual({ two: 2 });
  });

  it('gets many, with null for what is not there', async () => {
    await storage.setItem('v1:a', 'one');
    await storage.setItem('v2:a', 2);
    expect(await storage.getItems(['v1:a', { key: 'v2:a' }, 'v3:a'])).toEqual([
      { key: 'v1:a', value: 'one' },
      { key: 'v2:a', value: 2 },
      { key: 'v3:a', value: null },
    ]);
  });

  it('removes', async () => {
    await storage.setItem('s1:a', 'x');
    await storage.removeItem('s1:a');
    await storage.removeItem('never:there');
    expect(await storage.hasItem('s1:a')).toBe(false);
    expect(await storage.getItem('s1:a')).toBe(null);
  });

  it('clears, all and below a base', async () => {
    for (const key of ['a:1', 'a:b:2', 'ab:3']) await storage.setItem(key, 'x');
    // unstorage's own clear(base) empties whole mounts only; it asks the driver where a base lies within one.
    await storage.getMount('').driver.clear!('a:', {});
    expect(await storage.getKeys()).toEqual(['ab:3']);
    await storage.clear();
    expect(await storage.getKeys()).toEqual([]);
  });

  it('tells watchers what is written through it', async () => {
    const seen: unknown[] = [];
    const unwatch = await storage.watch((event, key) => seen.push([event, key]));
    await storage.setItem('s1:random_file', 'x');
    await storage.removeItem('s1:random_file');
    await unwatch();
    await storage.setItem('s1:later', 'x');
    expect(seen).toEqual([
      ['update', 's1:random_file'],
      ['remove', 's1:random_file'],
    ]);
  });

  it('is disposed of', async () => {
    await storage.setItem('k', 'v');
    await storage.dispose();
    await storage.dispose();
    await expect(storage.getItem('k')).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
  });

  it('is disposed of before its first use, and then opens no file', async () => {
    await storage.dispose();
    await expect(storage.getItem('k')).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
    expect(existsSync(file)).toBe(false);
  });
});

describe('what a file adds', () => {
  it('keeps everything over a restart', async () => {
    await storage.setItem('a', { b: [1] });
    await storage.setItemRaw('raw', Buffer.from('bytes'));
    await storage.setMeta('a', { mtime: new Date(0), owner: 'Ada' });
    await storage.dispose();
    storage = open();
    expect(await storage.getItem('a')).toEqual({ b: [1] });
    expect(await storage.getItemRaw('raw')).toEqual(Buffer.from('bytes'));
    expect(await storage.getMeta('a')).toMatchObject({ mtime: new Date(0), owner: 'Ada' });
  });

  it('keeps raw values of every type as what they are, and finds them with getItem as well', async () => {
    const value = { when: new Date(0), seen: new Set([1n]), bytes: Buffer.from('b') };
    await storage.setItemRaw('typed', value);
    expect(await storage.getItemRaw('typed')).toEqual(value);
    expect(await storage.getItem('typed')).toEqual(value);
    // Each reader's own, to change.
    (await storage.getItemRaw('typed')).seen.clear();
    expect(await storage.getItemRaw('typed')).toEqual(value);
  });

  it('setItems is all or nothing', async () => {
    const items = [
      { key: 'a', value: '1' },
      { key: 'x'.repeat(65_536), value: '2' },
    ];
    await expect(storage.setItems(items)).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' });
    expect(await storage.getKeys()).toEqual([]);
  });

  it('makes the directory of its file', async () => {
    const nested = createStorage({ driver: mapstone({ path: `${file}.d/deep/file.mapstone` }) });
    await nested.setItem('k', 'v');
    expect(await nested.getItem('k')).toBe('v');
    await nested.dispose();
  });

  it('opens the file on first use only', async () => {
    expect(existsSync(file)).toBe(false);
    await storage.getItem('k');
    expect(existsSync(file)).toBe(true);
  });

  it('gives the engine to those who ask', async () => {
    await storage.setItem('k', 'v');
    expect(storage.getMount('').driver.getInstance!().stats().entries).toBe(1);
  });
});

describe('ttl, in seconds', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });

  it('of an item, a raw item, items in a batch, and of the driver', async () => {
    storage = open({ ttl: 60 });
    await storage.setItem('short', 'x', { ttl: 1 });
    await storage.setItemRaw('raw', 'x', { ttl: 1 });
    await storage.setItem('default', 'x');
    await storage.setItem('forever', 'x', { ttl: 0 });
    const items = [
      { key: 'own', value: 'x', options: { ttl: 1 } },
      { key: 'common', value: 'x' },
    ];
    await storage.setItems(items, { ttl: 30 });
    vi.advanceTimersByTime(1_000);
    expect((await storage.getKeys()).sort()).toEqual(['common', 'default', 'forever']);
    vi.advanceTimersByTime(29_000);
    expect((await storage.getKeys()).sort()).toEqual(['default', 'forever']);
    vi.advanceTimersByTime(30_000);
    expect(await storage.getKeys()).toEqual(['forever']);
    expect(await storage.hasItem('default')).toBe(false);
    expect(await storage.getItem('default')).toBe(null);
  });

  it('is told by getMeta', async () => {
    await storage.setItem('k', 'x', { ttl: 60 });
    await storage.setItem('forever', 'x');
    vi.advanceTimersByTime(20_000);
    expect(await storage.getMeta('k')).toEqual({ ttl: 40 });
    expect(await storage.getMeta('forever')).toEqual({});
    expect(await storage.getMeta('never')).toEqual({});
  });

  it.each([-1, Number.NaN, '60'])('refuses a ttl of %s and changes nothing', async (ttl) => {
    await storage.setItem('k', 'before');
    await expect(storage.setItem('k', 'after', { ttl })).rejects.toMatchObject({ name: 'RangeError', code: 'ERR_OPTION_INVALID' });
    expect(await storage.getItem('k')).toBe('before');
  });
});

describe('bases', () => {
  it('keep drivers on one file apart', async () => {
    const a = open({ base: 'a' });
    const ab = open({ base: 'ab:' });
    await a.setItem('k', 'of a');
    await ab.setItem('k', 'of ab');
    expect([await a.getItem('k'), await ab.getItem('k')]).toEqual(['of a', 'of ab']);
    expect((await storage.getKeys()).sort()).toEqual(['a:k', 'ab:k']);
    await a.clear();
    expect([await a.getKeys(), await ab.getKeys()]).toEqual([[], ['k']]);
    await a.dispose();
    expect(await ab.getItem('k')).toBe('of ab');
  });

  it.each(['a/b', ':a:b:', '/a//b/', 'a\\b', 'a:/b'])('are written as unstorage writes keys: %s', async (base) => {
    await open({ base }).setItem('k', 'v');
    const engine = await storage.getMount('').driver.getInstance!();
    expect([...engine.keys()]).toEqual(['a:b:k']);
  });

  it('work under mounts and prefixes', async () => {
    storage.mount('cache', mapstone({ path: file, base: 'cache' }));
    await storage.setItem('cache:page', 'html');
    expect(await storage.getKeys('cache')).toEqual(['cache:page']);
    expect(await prefixStorage(storage, 'cache').getItem('page')).toBe('html');
    await storage.clear('cache');
    expect(await storage.getItem('cache:page')).toBe(null);
    await storage.unmount('cache');
  });
});

describe('what is refused', () => {
  it.each([undefined, {}, { path: '' }, { path: 7 }, { path: 'x', base: 7 }, { path: 'x', ttl: -1 }])('the options %j, before a file is made', (options) => {
    expect(() => mapstone(options as any)).toThrow(/\[unstorage\] \[mapstone\] (path|base|ttl) is/);
  });

  it('nothing of what Nitro hands over, the name of the driver with it', async () => {
    await storage.setItem('k', 'v');
    expect(await open({ driver: '@mapstone/unstorage' } as any).getItem('k')).toBe('v');
  });

  it('an option the engine does not know, on first use', async () => {
    await expect(open({ size: 1 } as any).getItem('k')).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });

  it.each(['', '..', 'a:..:b', 'a/../b'])('the key %j, by unstorage', async (key) => {
    await expect(storage.setItem(key, 'x')).rejects.toThrow('Invalid key');
  });

  it('cyclic values, by unstorage, and functions among raw ones: the old value stays', async () => {
    const cyclic: any = {};
    cyclic.self = cyclic;
    await storage.setItem('k', 'before');
    await expect(storage.setItem('k', cyclic)).rejects.toThrow();
    await expect(storage.setItemRaw('k', () => 1)).rejects.toMatchObject({ code: 'ERR_VALUE_INVALID' });
    expect(await storage.getItem('k')).toBe('before');
  });
});
