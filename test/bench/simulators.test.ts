// The simulators that `npm run bench -- hit-ratio` holds the engine against, by hand.
import { describe, expect, test } from 'vitest';
import { Lru } from '../../packages/bench/src/simulators/lru.mjs';
import { S3Fifo } from '../../packages/bench/src/simulators/s3-fifo.mjs';

interface Policy {
  request(id: string, bytes: number): boolean;
}

/** Asks for each letter, one byte large, and answers the misses in capitals. */
const replay = (policy: Policy, requests: string, bytes = 1) => [...requests].map((id) => (policy.request(id, bytes) ? id : id.toUpperCase())).join('');

describe('LRU', () => {
  test('what was used longest ago goes', () => {
    // a b c fill it; a is used; d takes the place of b, b that of c, c that of a.
    expect(replay(new Lru(3), 'abcadbca')).toBe('ABCaDBCA');
  });

  test('as many go as the bytes of the new one need', () => {
    const lru = new Lru(10);
    expect([lru.request('a', 4), lru.request('b', 4), lru.request('c', 6)]).toEqual([false, false, false]);
    expect([lru.request('b', 4), lru.request('c', 6), lru.request('a', 4)]).toEqual([true, true, false]);
  });

  test('one that is larger than the whole is not held and drives nobody out', () => {
    const lru = new Lru(3);
    lru.request('a', 3);
    expect([lru.request('b', 4), lru.request('b', 4), lru.request('a', 3)]).toEqual([false, false, true]);
  });
});

describe('S3-FIFO', () => {
  // A capacity of 20: 2 small, 18 main. While it fills, a and b go small and the next 18 main.
  const FILL = 'abcdefghijklmnopqrst';

  test('until the first eviction, what the small queue has no room for goes to the main queue', () => {
    const cache = new S3Fifo(20);
    expect(replay(cache, FILL)).toBe(FILL.toUpperCase());
    // 1 drives out a, the oldest of the small queue, then 2 drives out b: the main queue is not above its share.
    expect(replay(cache, '12')).toBe('12');
    expect(replay(cache, 'cdefghijklmnopqrst')).toBe('cdefghijklmnopqrst');
    expect(cache.request('a', 1)).toBe(false);
  });

  test('two reads in the small queue lead to the main queue, one does not', () => {
    const cache = new S3Fifo(20);
    replay(cache, `${FILL}aab`);
    // For 1, a moves to the main queue and b goes. The small queue holds 1, the main one 19.
    expect(cache.request('1', 1)).toBe(false);
    expect(replay(cache, 'a')).toBe('a');
    expect(replay(cache, 'b')).toBe('B');
  });

  test('one that is asked for while it is remembered goes to the main queue', () => {
    const cache = new S3Fifo(20);
    replay(cache, `${FILL}12`);
    // a was driven out by 1 and is remembered: it comes to the main queue, and 1 goes for it. What comes then drives out others, not a.
    expect(replay(cache, 'a')).toBe('A');
    expect(cache.request('3', 1)).toBe(false);
    expect(cache.request('4', 1)).toBe(false);
    expect(cache.request('a', 1)).toBe(true);
  });

  test('the main queue drops what was not read since it last went round, and takes one read off the others', () => {
    const cache = new S3Fifo(20);
    replay(cache, `${FILL}c12`);
    // The main queue holds c to t, 18. a from memory is its nineteenth; with b, it is above its share: c has been read and goes round, d goes.
    expect(replay(cache, 'ab')).toBe('AB');
    expect(cache.request('c', 1)).toBe(true);
    expect(cache.request('d', 1)).toBe(false);
  });

  test('an object as large as the small queue is not held', () => {
    const cache = new S3Fifo(20);
    expect([cache.request('a', 2), cache.request('a', 2)]).toEqual([false, false]);
  });

  test('nothing is ever above the capacity', () => {
    const cache = new S3Fifo(1000);
    let seed = 1;
    const held = new Map<string, number>();
    for (let i = 0; i < 20_000; i++) {
      seed = (Math.imul(seed, 48271) >>> 0) % 2147483647;
      const id = String(seed % 300);
      const bytes = 1 + (Number(id) % 90);
      cache.request(id, bytes);
      held.set(id, bytes);
    }
    // Asked at once, so that the answers show what it holds: a hit changes no queue.
    const cached = [...held].filter(([id, bytes]) => bytes < 100 && cache.holds(id)).reduce((sum, [, bytes]) => sum + bytes, 0);
    expect(cached).toBeGreaterThan(800);
    expect(cached).toBeLessThanOrEqual(1000);
  });
});
