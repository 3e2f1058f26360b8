// Expiry in a cache is real: with no reads what has expired goes within one sweep, and its space with it.

import { describe, expect, test, vi } from 'vitest';
import { random } from '../../../../test/support/random.js';
import { kinds, placeFor, SEED } from '../../../../test/support/stores.js';
import type { Store, StoreOptions } from '../../src/index.js';

const MiB = 2 ** 20;
const options: StoreOptions = { eviction: 's3-fifo', maxSize: 64 * MiB, segmentSize: 64 * 1024 };

/** Bytes of log in use, for each that lives. */
function overhead(cache: Store): number {
  const { liveBytes, deadBytes } = cache.stats();
  return (liveBytes + deadBytes) / liveBytes;
}

describe.each(kinds)('a sweep over %s', (kind) => {
  const place = placeFor(kind);

  test('removes what has expired, and nothing else', () => {
    const cache = place.open(options);
    const next = random(SEED);
    const expiries = new Map<string, number>();
    for (let i = 0; i < 5000; i++) {
      const expiresAt = place.now + Math.floor(next() * 100_000);
      cache.set(`key ${i}`, 'x'.repeat(200), { expiresAt });
      expiries.set(`key ${i}`, expiresAt);
    }
    cache.set('stays', 1);
    while (cache.size > 1) {
      place.now += 7000;
      const before = cache.size;
      expect(cache.sweep()).toBe(before - cache.size);
      expect(cache.size).toBe(1 + [...expiries.values()].filter((at) => at > place.now).length);
      expect(cache.check()).toEqual([]);
    }
    expect(cache.get('stays')).toBe(1);
    expect(cache.stats().expirations).toEqual({ own: 5000, all: 5000 });
    expect(cache.sweep()).toBe(0);
    // All that is left is the segment of what stays.
    expect(cache.stats().segments.log).toBeLessThanOrEqual(2);
  });

  test.each([
    ['one time to live', () => 60_000],
    ['times to live from a second to an hour', (next: () => number) => 1000 * 3600 ** next()],
    ['none for a tenth of the entries', (next: () => number) => (next() < 0.1 ? Number.POSITIVE_INFINITY : 60_000)],
  ])('a workload that is steady holds at most 1.3 times its live bytes: %s', { timeout: 60_000 }, (_name, ttl) => {
    const cache = place.open(options);
    const next = random(SEED);
    // Long enough for the longest of them that matter; swept every ten seconds.
    for (let second = 0; second < 200; second++) {
      for (let i = 0; i < 150; i++) cache.set(`key ${Math.floor(next() * 1e6)}`, 'x'.repeat(100 + Math.floor(next() * 100)), { ttl: ttl(next) });
      place.now += 1000;
      if (second % 10 !== 9) continue;
      cache.sweep();
      if (second > 100) expect(overhead(cache), `seed ${SEED}, second ${second}`).toBeLessThanOrEqual(1.3);
    }
    expect(cache.stats().expirations.all).toBeGreaterThan(5000);
  });
});

describe('the sweeper', () => {
  const place = placeFor('koffi');

  test('sweeps by itself at every interval, and once for all openers of a thread', async () => {
    const cache = place.open({ ...options, sweepInterval: 5 });
    for (let i = 0; i < 2000; i++) cache.set(`key ${i}`, 'x', { ttl: 1000 });
    place.now += 1000;
    const keepAlive = setInterval(() => undefined, 1);
    while (cache.size > 0) await new Promise((resolve) => setImmediate(resolve));
    clearInterval(keepAlive);
    expect(cache.stats().expirations.own).toBe(2000);
  });

  test('comes sooner while much expires at each, so that short-lived entries hold at most 1.3 times what lives, at any moment; and then later again', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] });
    try {
      const cache = place.open({ ...options, flush: 'manual' });
      /** Goes on for so many tenths of a second; in how many of them something was swept. */
      const pass = (tenths: number, writes: (tenth: number) => void): number => {
        let sweeps = 0;
        for (let tenth = 0; tenth < tenths; tenth++) {
          writes(tenth);
          place.now += 100;
          const before = cache.stats().expirations.own;
          vi.advanceTimersByTime(100);
          if (cache.stats().expirations.own > before) sweeps++;
        }
        return sweeps;
      };
      let written = 0;
      const steady = (tenth: number) => {
        for (let i = 0; i < 20; i++) cache.set(`key ${written++}`, 'x'.repeat(400), { ttl: 20_000 });
        if (tenth > 600) expect(overhead(cache), `${tenth} tenths of a second`).toBeLessThanOrEqual(1.3);
      };
      // Each 10 s would be half of what lives.
      expect(pass(1200, steady)).toBeGreaterThan(60);
      pass(300, () => undefined);
      expect(cache.size).toBe(0);
      for (let i = 0; i < 4000; i++) cache.set(`key ${i}`, 'x', { ttl: 100_000 + i * 50 });
      pass(1000, () => undefined);
      expect(pass(1000, () => undefined)).toBeLessThanOrEqual(12);
    } finally {
      vi.useRealTimers();
    }
  });

  test('leaves a cache that was closed cleanly as it is while nothing has expired', async () => {
    const cache = place.open(options);
    cache.set('key', 1);
    cache.close();
    const again = place.open({ ...options, sweepInterval: 1 });
    const turns = again.stats().durableFlush;
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    again.sweep();
    expect(again.stats().durableFlush).toBe(turns);
    again.close();
    const last = place.open(options);
    expect(last.stats().recovery).toBe('clean');
    expect(last.get('key')).toBe(1);
  });
});
