// Iteration: every key that is there from start to end comes exactly once, whatever happens meanwhile.

import { describe, expect, test } from 'vitest';
import { random } from '../../../../test/support/simulated-mapping.js';
import { codeOf, kinds, placeFor, SEED } from '../../../../test/support/stores.js';
import type { Store } from '../../src/index.js';

const KEYS = Array.from({ length: 3000 }, (_, i) => `key ${i}`);

function filled(store: Store, keys = KEYS): Store {
  for (const key of keys) store.set(key, key);
  return store;
}

describe.each(kinds)('over %s', (kind) => {
  const place = placeFor(kind);
  const open = () => filled(place.open({ segmentSize: 4096 }));

  test('keys, entries, records and the store itself give all that is there', () => {
    const store = open();
    store.set('with all', [1], { ttl: 1000, flag: true });
    expect([...store.keys()].sort()).toEqual([...KEYS, 'with all'].sort());
    expect(new Map(store.entries())).toEqual(new Map<string, unknown>([...KEYS.map((key) => [key, key] as const), ['with all', [1]]]));
    expect(new Map(store)).toEqual(new Map(store.entries()));
    expect([...store.records({ prefix: 'with' })]).toEqual([{ key: 'with all', value: [1], expiresAt: place.now + 1000, flag: true, bytes: 48 }]);
  });

  test('usage() counts what lives, and its bytes, large values whole; a prefix tells entries apart', () => {
    const store = open();
    store.set('large', Buffer.alloc(20_000, 1));
    store.set('large expiring', 'x', { ttl: 1000 });
    expect(store.usage()).toEqual({ entries: KEYS.length + 2, bytes: store.stats().liveBytes });
    const large = store.usage({ prefix: 'large' });
    expect([large.entries, store.usage({ prefix: 'key' }).entries, store.usage({ prefix: 'none' })]).toEqual([2, KEYS.length, { entries: 0, bytes: 0 }]);
    expect(large.bytes).toBe([...store.records({ prefix: 'large' })].reduce((sum, { bytes }) => sum + bytes, 0));
    place.now += 1000;
    expect(store.usage({ prefix: 'large' })).toEqual({ entries: 1, bytes: large.bytes - 64 });
  });

  test('while the index grows to many times its size, no key that was there is missed or comes twice', () => {
    const store = open();
    const { buckets } = store.stats();
    const seen: string[] = [];
    for (const key of store.keys({ prefix: 'key ' })) {
      seen.push(key);
      for (let i = 0; i < 5; i++) store.set(`new ${seen.length} ${i}`, i);
    }
    expect(store.stats().buckets).toBeGreaterThan(buckets * 4);
    expect(seen.sort()).toEqual([...KEYS].sort());
  });

  test('while entries are overwritten, moved by cleaning and compacted, each comes once', () => {
    const store = open();
    const seen: string[] = [];
    for (const [key, value] of store.entries()) {
      expect((value as string).startsWith(key)).toBe(true);
      seen.push(key);
      store.set(KEYS[(seen.length * 7) % KEYS.length], `${KEYS[(seen.length * 7) % KEYS.length]} again `.repeat(1 + (seen.length % 20)));
      if (seen.length % 1000 === 0) store.compact();
    }
    expect(store.stats().movedRecords).toBeGreaterThan(0);
    expect(seen.sort()).toEqual([...KEYS].sort());
  });

  test('while entries are deleted, those that stay come once, and none comes twice', () => {
    const store = open();
    const seen: string[] = [];
    const gone = new Set<string>();
    for (const key of store.keys()) {
      seen.push(key);
      const other = KEYS[(seen.length * 13) % KEYS.length];
      store.delete(other);
      store.delete(key);
      gone.add(other).add(key);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect([...store.keys()]).toEqual(KEYS.filter((key) => !gone.has(key)));
  });
});

describe('iteration', () => {
  const place = placeFor('memory');

  test('ends when the store is cleared, also if it is filled again', () => {
    const store = filled(place.open({ segmentSize: 4096 }));
    const iterator = store.keys();
    iterator.next();
    expect(store.clear()).toBe(KEYS.length);
    for (let i = 0; i < 1000; i++) store.set(`new ${i}`, i);
    const rest = [...iterator];
    // What had been collected of the first bucket may still come.
    expect(rest.length).toBeLessThan(30);
    expect(rest.every((key) => KEYS.includes(key))).toBe(true);
  });

  test.each(['keys', 'entries', 'records'] as const)('%s: throws ERR_STORE_CLOSED once the store is closed', (method) => {
    const store = filled(place.open());
    const other = place.open();
    const iterator = store[method]();
    iterator.next();
    store.close();
    expect(codeOf(() => iterator.next())).toBe('ERR_STORE_CLOSED');
    expect(other.size).toBe(KEYS.length);
    expect(codeOf(() => store[method]())).toBe('ERR_STORE_CLOSED');
  });

  test.each(['keys', 'entries', 'records'] as const)('%s: a prefix that is no string is refused by the call itself', (method) => {
    const store = place.open();
    expect(() => store[method]({ prefix: 5 as unknown as string })).toThrow(TypeError);
    expect(codeOf(() => store[method]({ prefix: 5 as unknown as string }))).toBe('ERR_OPTION_INVALID');
  });

  test('an iterator made while the store was open, and first used when it is closed, throws', () => {
    const store = filled(place.open());
    const iterator = store.keys();
    store.close();
    expect(codeOf(() => iterator.next())).toBe('ERR_STORE_CLOSED');
  });

  test('several at once, ended early, do not disturb each other', () => {
    const store = filled(place.open({ segmentSize: 4096 }));
    const [one, two] = [store.keys(), store.entries()];
    const seen = new Set<string>();
    for (let i = 0; i < 100; i++) {
      seen.add(one.next().value as string);
      two.next();
    }
    two.return(undefined);
    for (const key of one) seen.add(key);
    expect(seen.size).toBe(KEYS.length);
  });

  test('leaves out what expires while it goes on', () => {
    const store = place.open({ segmentSize: 4096 });
    for (const key of KEYS) store.set(key, 1, { ttl: 100 });
    let count = 0;
    for (const _ of store.keys()) if (++count === 1000) place.now += 100;
    expect(count).toBeGreaterThanOrEqual(1000);
    expect(count).toBeLessThan(1030);
  });

  test.each(Array.from({ length: 60 }, (_, i) => i + SEED))('starting at any size, growing to any other (seed %i)', (seed) => {
    const next = random(seed);
    const store = place.open({ segmentSize: 4096 });
    const start = Array.from({ length: Math.floor(next() * 4000) }, (_, i) => `old ${i}`);
    filled(store, start);
    const growth = Math.floor(next() * 20);
    const seen: string[] = [];
    for (const key of store.keys()) {
      if (key.startsWith('old')) seen.push(key);
      if (seen.length % 50 === 0) for (let i = 0; i < growth; i++) store.set(`new ${seen.length} ${i}`, 0);
    }
    expect(seen.length).toBe(start.length);
    expect(new Set(seen).size).toBe(start.length);
  });
});
