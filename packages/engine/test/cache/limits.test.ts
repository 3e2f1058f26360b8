// What a cache once did wrong at its limits.

import { describe, expect, test } from 'vitest';
import { codeOf, kinds, placeFor } from '../../../../test/support/stores.js';
import type { StoreOptions } from '../../src/index.js';
import { Entry, HEAD_BYTES, SegmentKind } from '../../src/layout.js';

const cacheOf = (segments: number): StoreOptions => ({ eviction: 's3-fifo', segmentSize: 4096, maxSize: HEAD_BYTES + segments * 4096 });

describe.each(kinds)('a cache over %s', (kind) => {
  const place = placeFor(kind);

  test('that was closed cleanly and is only read stays as it was closed, to the bit', () => {
    place.open(cacheOf(64)).close();
    const first = place.open(cacheOf(64));
    first.set('key', { value: 1 });
    first.close();
    for (let i = 0; i < 3; i++) {
      const again = place.open({ ...cacheOf(64), verifyReads: true, objectCache: { maxEntries: 10 } });
      expect(again.stats().recovery).toBe('clean');
      for (let reads = 0; reads < 3; reads++) expect([again.get('key'), again.getEntry('key')?.value]).toEqual([{ value: 1 }, { value: 1 }]);
      again.close();
    }
  });

  test('takes a value of almost all its size after so many tiny entries that the index fills a part of it', () => {
    const cache = place.open(cacheOf(24));
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4000; i++) cache.set(`${i}`, 1);
      const large = `${round}`.repeat(16 * 4096);
      cache.set('large', large);
      expect(cache.get('large')).toBe(large);
      expect(cache.check()).toEqual([]);
    }
  });

  test('keeps to maxEntries with batches too, and a batch over keys that are there evicts nothing', () => {
    const cache = place.open({ ...cacheOf(64), maxEntries: 100 });
    const items = (from: number, count: number) => Array.from({ length: count }, (_, i) => ({ key: `key ${from + i}`, value: i }));
    cache.setMany(items(0, 100));
    cache.setMany(items(0, 50));
    expect([cache.size, cache.stats().evictions.own]).toEqual([100, 0]);
    cache.setMany(items(1000, 150));
    expect(cache.size).toBeLessThanOrEqual(100);
  });

  test('makes room for a large value without a search among entries that are all read often', () => {
    const cache = place.open(cacheOf(256));
    for (let i = 0; i < 6000; i++) {
      cache.set(`${i}`, 'x'.repeat(60));
      for (let reads = 0; reads < 3; reads++) cache.get(`${i}`);
    }
    const { movedRecords } = cache.stats();
    const { appendedBytes } = cache.stats();
    cache.set('large', 'x'.repeat(100 * 4096));
    expect(cache.get('large')).toHaveLength(100 * 4096);
    expect([cache.stats().movedRecords - movedRecords, cache.stats().appendedBytes - appendedBytes]).toEqual([0, expect.any(Number)]);
  });
});

describe('in memory', () => {
  const place = placeFor('memory');

  test('an onEvict that throws keeps no other key from being told', async () => {
    const told: string[] = [];
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    const onEvict = (key: string) => {
      told.push(key);
      throw new Error(key);
    };
    const cache = place.open({ ...cacheOf(64), maxEntries: 10, onEvict });
    cache.setMany(Array.from({ length: 10 }, (_, i) => ({ key: `old ${i}`, value: i })));
    cache.setMany(Array.from({ length: 10 }, (_, i) => ({ key: `new ${i}`, value: i })));
    for (let turns = 0; turns < 30; turns++) await new Promise((resolve) => setImmediate(resolve));
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect(told.length).toBe(20 - cache.size);
    expect(thrown.length).toBe(told.length);
  });

  test('compacted after each of many small entries it evicts none: they share segments', () => {
    const cache = place.open(cacheOf(64));
    for (let i = 0; i < 300; i++) {
      cache.set(`key ${i}`, i, i % 2 === 0 ? { ttl: 60_000 } : undefined);
      cache.compact();
    }
    expect([cache.size, cache.stats().evictions.all]).toEqual([300, 0]);
    expect(cache.stats().segments.log).toBeLessThanOrEqual(8);
  });

  test.each([
    ['of records', 'x'.repeat(3000)],
    ['of large values', 'x'.repeat(9000)],
  ])('a batch %s that it can never hold evicts nothing', (_, value) => {
    const cache = place.open(cacheOf(64));
    for (let i = 0; i < 500; i++) cache.set(`key ${i}`, i);
    expect(codeOf(() => cache.setMany(Array.from({ length: 63 }, (_, i) => ({ key: `many ${i}`, value }))))).toBe('ERR_STORE_FULL');
    expect([cache.size, cache.stats().evictions.all]).toEqual([500, 0]);
    cache.setMany(Array.from({ length: 18 }, (_, i) => ({ key: `many ${i}`, value })));
    expect(cache.get('many 17')).toBe(value);
  });

  test.each([30, 100])('maxEntries %i: where it is reached it stays reached, also while overwrites are cleaned away', (maxEntries) => {
    const cache = place.open({ ...cacheOf(256), maxEntries });
    for (let i = 0; i < 3000; i++) {
      cache.set(`key ${i}`, 'x'.repeat(40));
      for (let j = 0; j < 5; j++) cache.set(`hot ${(i + j) % (maxEntries / 3)}`, 'x'.repeat(100));
      if (i >= maxEntries) expect(cache.size).toBe(maxEntries);
    }
    expect(cache.stats().cleanedSegments).toBeGreaterThan(10);
  });

  test('large values go one by one, as small ones need their space', () => {
    const cache = place.open(cacheOf(256));
    for (let i = 0; i < 600; i++) cache.set(`large ${i}`, 'x'.repeat(5000));
    const before = cache.size;
    expect(before).toBeGreaterThan(110);
    // A tenth of its size.
    for (let i = 0; i < 100; i++) cache.set(`small ${i}`, 'x'.repeat(1000));
    expect(cache.size - 100).toBeGreaterThan(before * 0.8);
  });

  test('a large value evicts no more of its like than it needs', () => {
    const cache = place.open(cacheOf(256));
    for (let i = 0; i < 50; i++) {
      cache.set(`${i}`, 'x'.repeat(100_000));
      expect(cache.size).toBe(Math.min(i + 1, 9));
    }
  });

  test('no segment is lost between its opening and its first record', () => {
    const cache = place.open(cacheOf(40));
    for (let i = 0; i < 20_000; i++) cache.set(`${i % 3000}`, 'x'.repeat(i % 200), { ttl: 1000 * 2 ** (i % 14) });
    const { core } = (cache as unknown as { engine: { core: import('../../src/store/core.js').Core } }).engine;
    for (let segment = 1; segment < core.space.capacity; segment++) {
      if (core.space.isTable(segment) || core.segments.word(segment, Entry.KIND) !== SegmentKind.LOG) continue;
      if (core.segments.word(segment, Entry.LENGTH) === 0) expect(core.log.isOpen(segment)).toBe(true);
    }
  });
});
