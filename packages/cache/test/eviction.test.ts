// A cache that is full: what goes, what is told of it, and that whatever goes, also of the cache's own, nothing that is wrong comes of it.

import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bench, deferred } from './support/caches.js';

const b = bench();
const MIB = 2 ** 20;
const noise = (i: number) => `${i} `.repeat(200);

describe('a full cache', () => {
  it('keeps to its size, keeps what is read, and tells of what it removes, to each of its namespaces', async () => {
    const [cache, other] = [b.open({ maxSize: MIB, namespace: 'a' }), b.open({ maxSize: MIB, namespace: 'b' })];
    const evicted = new Set<string>();
    cache.on('evict', (key) => void evicted.add(key));
    let wrong = 0;
    cache.on('expire', () => wrong++);
    for (let i = 0; i < 5000; i++) {
      cache.set(`k${i}`, noise(i));
      if (i % 2 === 0) other.set(`o${i}`, noise(i));
      if (i > 0) cache.get('k0');
    }
    await new Promise((resolve) => setImmediate(resolve));
    const { own, entries, fileSize, bytes } = cache.stats();
    expect([cache.get('k0'), cache.has('k1')]).toEqual([noise(0), false]);
    expect(statSync(b.path).size).toBeLessThanOrEqual(MIB);
    expect([fileSize, bytes < fileSize, wrong]).toEqual([statSync(b.path).size, true, 0]);
    expect(own.evictions).toBe(evicted.size);
    expect(evicted.size).toBeGreaterThan(1000);
    expect([...evicted].filter((key) => !/^k\d+$/.test(key) || cache.has(key))).toEqual([]);
    expect(other.stats().own.evictions).toBeGreaterThan(500);
    expect(entries).toBe(7500 - own.evictions - other.stats().own.evictions);
  });

  it('removes what has expired, and tells of it, without a read', async () => {
    const cache = b.open({ namespace: 'a' });
    const expired: string[] = [];
    cache.on('expire', (key) => void expired.push(key));
    for (let i = 0; i < 100; i++) cache.set(`k${i}`, noise(i), i < 60 ? '10s' : '1h');
    b.pass(20_000);
    expect(cache.engine.sweep()).toBe(60);
    await new Promise((resolve) => setImmediate(resolve));
    expect([expired.length, cache.stats().own.expirations, cache.stats().entries]).toEqual([60, 60, 40]);
  });

  it('of at most so many entries', () => {
    const cache = b.open({ maxEntries: 100 });
    for (let i = 0; i < 1000; i++) cache.set(`k${i}`, i);
    expect(cache.stats().entries).toBeLessThanOrEqual(100);
  });

  it('a load whose lease is evicted gives its value, and stores nothing', async () => {
    const cache = b.open({ maxSize: MIB });
    const { promise, resolve } = deferred<string>();
    const call = cache.getOrSet('k', () => promise);
    for (let i = 0; cache.engine.has(':k'); i++) cache.set(`more ${i}`, noise(i));
    resolve('made');
    expect([await call, cache.get('k'), await cache.getOrSet('k', () => 'again')]).toEqual(['made', undefined, 'again']);
  });

  it('an entry whose tag is evicted is absent, and stays so when the tag comes back', () => {
    const cache = b.open({ maxSize: MIB });
    cache.set('k', 'v', { tags: ['t'] });
    for (let i = 0; cache.engine.has('#t'); i++) {
      cache.set(`more ${i}`, noise(i));
      // Read as it is, so that it stays, and its tag is not looked at.
      cache.engine.get(':k');
    }
    expect([cache.engine.has(':k'), cache.get('k')]).toEqual([true, undefined]);
    cache.set('l', 'v', { tags: ['t'] });
    expect([cache.get('k'), cache.get('l')]).toEqual([undefined, 'v']);
  });

  it('a tag that is in use stays, for its entries are read with it', () => {
    const cache = b.open({ maxSize: MIB });
    cache.set('k', 'v', { tags: ['t'] });
    for (let i = 0; i < 5000; i++) {
      cache.set(`more ${i}`, noise(i));
      if (i % 10 === 0) expect(cache.get('k')).toBe('v');
    }
  });

  it('counts that are evicted come back with those of the living', () => {
    const cache = b.open({ statsInterval: 60_000 });
    cache.get('x');
    cache.close();
    const again = b.open();
    again.get('x');
    expect([again.stats().all.misses, again.stats().own.misses]).toEqual([2, 1]);
    expect(again.engine.delete('$stats')).toBe(true);
    expect(again.stats().all.misses).toBe(1);
  });
});
