// A cache keeps to its size, evicts what is read least, and never answers with anything but the latest value.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { random } from '../../../../test/support/random.js';
import { codeOf, kinds, placeFor, SEED } from '../../../../test/support/stores.js';
import { openStore, type StoreOptions, salvage } from '../../src/index.js';
import { HEAD_BYTES } from '../../src/layout.js';

const KiB = 1024;
const small: StoreOptions = { eviction: 's3-fifo', segmentSize: 4 * KiB, maxSize: HEAD_BYTES + 256 * KiB };

describe.each(kinds)('a cache over %s', (kind) => {
  const place = placeFor(kind);

  test('takes any number of entries, keeps to maxSize, and has the newest', () => {
    const cache = place.open(small);
    for (let i = 0; i < 20_000; i++) cache.set(`key ${i}`, `value ${i}`);
    expect(cache.stats().fileSize).toBeLessThanOrEqual(HEAD_BYTES + 256 * KiB);
    expect(cache.get('key 19999')).toBe('value 19999');
    expect(cache.size).toBeGreaterThan(1000);
    expect(cache.stats().evictions).toEqual({ own: 20_000 - cache.size, all: 20_000 - cache.size });
    for (const [key, value] of cache) expect(value).toBe(key.replace('key', 'value'));
  });

  test('every answer is the latest value or none, whatever is done', () => {
    const next = random(SEED);
    const pick = (count: number) => Math.floor(next() * count);
    const cache = place.open({ ...small, maxEntries: 1500 });
    const latest = new Map<string, unknown>();
    let hits = 0;
    for (let i = 0; i < 40_000; i++) {
      const key = `key ${Math.floor(3000 * next() ** 3)}`;
      const what = pick(20);
      if (what < 9) {
        const value = cache.get(key);
        if (value !== undefined) hits++;
        expect(value === undefined || value === latest.get(key), `seed ${SEED}, step ${i}: ${key}`).toBe(true);
      } else if (what < 16) {
        const value = what === 9 ? `${i} `.repeat(3000) : `${i} `.padEnd(pick(300), 'x');
        cache.set(key, value, what === 10 ? { ttl: 1 + pick(5000) } : undefined);
        latest.set(key, value);
      } else if (what === 16) {
        cache.delete(key);
        latest.delete(key);
      } else if (what === 17) {
        const items = Array.from({ length: 1 + pick(20) }, (_, j) => ({ key: `key ${pick(3000)}`, value: `${i} ${j}` }));
        cache.setMany(items);
        for (const item of items) latest.set(item.key, item.value);
      } else if (what === 18) {
        cache.touch(key, { ttl: 1 + pick(10_000) });
      } else if (pick(500) === 0) {
        cache.clear();
        latest.clear();
      } else if (pick(50) === 0) cache.compact();
      else place.now += pick(40);
      if (i % 5000 === 4999) {
        cache.sweep();
        expect(cache.check(), `seed ${SEED}, step ${i}`).toEqual([]);
        expect(cache.size).toBeLessThanOrEqual(1500);
      }
    }
    expect(hits).toBeGreaterThan(3000);
    const { fileSize, evictions, expirations } = cache.stats();
    expect(fileSize).toBeLessThanOrEqual(HEAD_BYTES + 256 * KiB);
    expect(evictions.all).toBeGreaterThan(1000);
    expect(expirations.all).toBeGreaterThan(30);
  });

  test('what is read stays while a scan goes by', () => {
    const cache = place.open(small);
    const hot = Array.from({ length: 300 }, (_, i) => `hot ${i}`);
    for (const key of hot) cache.set(key, 'x'.repeat(100));
    for (let round = 0; round < 3; round++) for (const key of hot) cache.get(key);
    for (let i = 0; i < 10_000; i++) cache.set(`scan ${i}`, 'x'.repeat(100));
    expect(hot.filter((key) => cache.has(key)).length).toBe(300);
  });

  test('a key that comes back soon after its eviction goes to the main queue', () => {
    const cache = place.open(small);
    const keys = Array.from({ length: 50 }, (_, i) => `again ${i}`);
    const fill = (name: string, count: number) => {
      for (let i = 0; i < count; i++) cache.set(`${name} ${i}`, 'x'.repeat(100));
    };
    fill('first', 3000);
    for (const key of keys) cache.set(key, 'x'.repeat(100));
    while (keys.some((key) => cache.has(key))) fill(`push ${cache.stats().appendedBytes}`, 100);
    for (const key of keys) cache.set(key, 'y'.repeat(100));
    // More than the small queue holds goes through it.
    fill('scan', 1000);
    expect(keys.filter((key) => cache.get(key) === 'y'.repeat(100)).length).toBeGreaterThan(40);
  });

  test('maxEntries bounds the entries', () => {
    const cache = place.open({ ...small, maxEntries: 10 });
    for (let i = 0; i < 1000; i++) {
      cache.set(`key ${i}`, i);
      cache.get('key 0');
      expect(cache.size).toBeLessThanOrEqual(10);
    }
    expect(cache.get('key 999')).toBe(999);
    expect(cache.size).toBe(10);
    cache.setMany(Array.from({ length: 8 }, (_, i) => ({ key: `many ${i}`, value: i })));
    expect(cache.getMany(Array.from({ length: 8 }, (_, i) => `many ${i}`))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(cache.size).toBeLessThanOrEqual(10);
  });

  test('large values come and go with their entries', () => {
    const cache = place.open(small);
    for (let i = 0; i < 500; i++) {
      cache.set(`large ${i}`, `${i} `.padEnd(10_000, 'x'));
      expect(cache.get(`large ${i}`)).toBe(`${i} `.padEnd(10_000, 'x'));
    }
    expect(cache.size).toBeGreaterThan(10);
    expect(cache.stats().fileSize).toBeLessThanOrEqual(HEAD_BYTES + 256 * KiB);
    expect(codeOf(() => cache.set('too large', 'x'.repeat(300_000)))).toBe('ERR_VALUE_TOO_LARGE');
  });

  test('onEvict is told which keys went, and why', async () => {
    const gone: [string, string][] = [];
    const cache = place.open({ ...small, maxEntries: 3, onEvict: (key, reason) => gone.push([key, reason]) });
    cache.set('short', 1, { ttl: 10 });
    for (let i = 0; i < 5; i++) cache.set(`key ${i}`, i);
    place.now += 10;
    cache.sweep();
    expect(gone).toEqual([]);
    await Promise.resolve();
    expect(gone.length).toBe(6 - cache.size);
    expect(new Set(gone.map(([key]) => key)).size).toBe(gone.length);
    expect(gone.every(([key]) => !cache.has(key))).toBe(true);
  });

  test('its object cache counts as reads', () => {
    const cache = place.open({ ...small, objectCache: { maxEntries: 100 } });
    cache.set('object', { a: 1 });
    for (let i = 0; i < 5; i++) expect(cache.get('object')).toEqual({ a: 1 });
    expect(cache.stats().objectCache.hits).toBe(4);
    for (let i = 0; i < 5000; i++) cache.set(`scan ${i}`, 'x'.repeat(100));
    expect(cache.get('object')).toEqual({ a: 1 });
  });

  test('also of what was read before the first write to a file that was closed cleanly', () => {
    const options = { ...small, objectCache: { maxEntries: 100 } };
    const before = place.open(options);
    before.set('object', { a: 1 });
    before.close();
    const cache = place.open(options);
    cache.get('object');
    for (let i = 0; i < 5000; i++) {
      cache.set(`scan ${i}`, 'x'.repeat(100));
      if (i % 100 === 0) for (let read = 0; read < 5; read++) cache.get('object');
    }
    expect(cache.has('object')).toBe(true);
  });
});

test('a cache is not salvaged: what was deleted would come back', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-'));
  const path = join(directory, 'cache');
  openStore(path, small).close();
  expect(codeOf(() => salvage(path, join(directory, 'salvaged')))).toBe('ERR_STORE_MODE');
  expect(existsSync(join(directory, 'salvaged'))).toBe(false);
  rmSync(directory, { recursive: true });
});

describe('a file is a cache or a store', () => {
  const place = placeFor('memory');

  test('for good', () => {
    place.open(small).close();
    expect(codeOf(() => place.open())).toBe('ERR_STORE_MODE');
    const reader = place.open({ readOnly: true });
    expect(reader.size).toBe(0);
    reader.close();
    place.open({ segmentSize: 4096 }, '/memory/other').close();
    expect(codeOf(() => place.open(small, '/memory/other'))).toBe('ERR_STORE_MODE');
  });
});
