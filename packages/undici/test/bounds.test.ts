// maxCount, maxSize and maxEntrySize: what goes when it is too much, and what is left.
import { closeAll } from '@mapstone/engine';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneCacheStore, type MapstoneCacheStoreOptions } from '../src/index.js';
import { response, URL_PREFIX } from '../src/responses.js';
import { aValue, counted, keyOf, put } from './support/responses.js';

const path = tempPaths();
let file: string;
const open = (options: Partial<MapstoneCacheStoreOptions>) => new MapstoneCacheStore({ path: file, ...options });
const has = (store: MapstoneCacheStore, i: number) => store.get(keyOf(`/${i}`)) !== undefined;
const held = (store: MapstoneCacheStore, n: number) => Array.from({ length: n }, (_, i) => i).filter((i) => has(store, i));

beforeEach(() => {
  file = path();
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
  closeAll();
});

/** One response after the other, a millisecond apart. */
async function fill(store: MapstoneCacheStore, from: number, to: number, body: string | Buffer = 'x', ttl = 3_600_000): Promise<void> {
  for (let i = from; i < to; i++) {
    vi.advanceTimersByTime(1);
    await put(store, keyOf(`/${i}`), body, { deleteAt: Date.now() + ttl });
  }
}

describe('maxCount', () => {
  it('of few: the oldest go', async () => {
    const store = open({ maxCount: 5 });
    await fill(store, 0, 8);
    expect(held(store, 8)).toEqual([3, 4, 5, 6, 7]);
  });

  it('of many: never more, and the old rather than the new', async () => {
    const store = open({ maxCount: 300 });
    for (let i = 0; i < 1200; i++) {
      await fill(store, i, i + 1);
      if (i % 50 === 0) expect(counted(store).count).toBeLessThanOrEqual(300);
    }
    const left = held(store, 1200);
    // Close to the bound and not far below.
    expect(left.length).toBeLessThanOrEqual(300);
    expect(left.length).toBeGreaterThan(270);
    // What a first-in first-out queue would hold is the last 300; the sample comes close.
    expect(left.filter((i) => i >= 700).length / left.length).toBeGreaterThan(0.9);
    expect([...store.engine.keys({ prefix: 'undici:body:' })]).toHaveLength(left.length);
  });

  it('of 0: nothing is kept', async () => {
    const store = open({ maxCount: 0 });
    await fill(store, 0, 3);
    expect(held(store, 3)).toEqual([]);
  });

  it('holds over a restart, and when it becomes smaller', async () => {
    await fill(open({ maxCount: 50 }), 0, 50);
    closeAll();
    const store = open({ maxCount: 10 });
    await fill(store, 50, 51);
    expect(counted(store).count).toBe(10);
    expect(has(store, 50)).toBe(true);
  });

  it('counts each variant of a URL', async () => {
    const store = open({ maxCount: 3 });
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(1);
      await put(store, keyOf('/', { headers: { a: `${i}` } }), `${i}`, { vary: { a: `${i}` } });
    }
    const there = [0, 1, 2, 3, 4].filter((i) => store.get(keyOf('/', { headers: { a: `${i}` } })) !== undefined);
    expect(there).toEqual([2, 3, 4]);
  });

  it('finds out what has expired, in a round through the file', async () => {
    const store = open({ maxCount: 100 });
    await fill(store, 0, 50);
    for (let i = 0; i < 10; i++) {
      await fill(store, 100, 140, 'x', 1_000);
      vi.advanceTimersByTime(2_000);
      await fill(store, 200 + 40 * i, 240 + 40 * i, 'x', 1_000);
      vi.advanceTimersByTime(2_000);
    }
    // 800 came and went, and with the 50 there were never more than 90: had all been counted, no old one were left.
    expect(held(store, 50).length).toBeGreaterThan(30);
  });
});

describe('maxSize', () => {
  it('bounds the bytes that are kept', async () => {
    const store = open({ maxSize: 100_000 });
    await fill(store, 0, 100, Buffer.alloc(5_000));
    const { count, size } = counted(store);
    expect(size).toBeLessThanOrEqual(100_000);
    expect(count).toBeGreaterThanOrEqual(17);
    expect(has(store, 99)).toBe(true);
    expect(has(store, 0)).toBe(false);
  });

  it('bounds the file too, whatever goes through it', async () => {
    const store = open({ maxSize: 2 ** 20, segmentSize: 2 ** 16 });
    await fill(store, 0, 1_000, Buffer.alloc(20_000));
    expect(counted(store).size).toBeGreaterThan(2 ** 19);
    expect(store.engine.stats().fileSize).toBeLessThan(6 * 2 ** 20);
  });

  it('counts headers as well: many empty responses are not for nothing', async () => {
    const store = open({ maxSize: 20_000 });
    await fill(store, 0, 200, '');
    expect(counted(store).count).toBeLessThan(120);
  });
});

describe('a body that no list names', () => {
  it('goes when it is a minute old, in whatever round, also of a URL that has a list', async () => {
    const store = open({});
    await fill(store, 0, 5);
    const [url] = [...store.engine.keys({ prefix: URL_PREFIX })];
    for (let round = 0; round < 2; round++) {
      const orphan = response(url, keyOf('/'), aValue(), 1, Date.now(), 0).body;
      store.engine.set(orphan, Buffer.from('x'));
      vi.advanceTimersByTime(59_000);
      await fill(store, 5, 15);
      expect(counted(store)).toMatchObject({ unlisted: [orphan], missing: [] });
      vi.advanceTimersByTime(1_001);
      await fill(store, 5, 25);
      expect(counted(store)).toMatchObject({ unlisted: [], missing: [] });
    }
  });
});

describe('maxEntrySize', () => {
  it('keeps a body of that size, and not one of a byte more', async () => {
    const store = open({ maxEntrySize: 10 });
    await put(store, keyOf('/10'), '0123456789');
    await expect(put(store, keyOf('/11'), '0123456789a')).rejects.toMatchObject({ code: 'REFUSED' });
    expect([has(store, 10), has(store, 11)]).toEqual([true, false]);
  });

  it('is no more than maxSize', async () => {
    const store = open({ maxSize: 1_000 });
    await fill(store, 0, 1);
    await expect(put(store, keyOf('/big'), Buffer.alloc(1_001))).rejects.toMatchObject({ code: 'REFUSED' });
    expect(has(store, 0)).toBe(true);
  });
});

describe('memorySize', () => {
  const body = (store: MapstoneCacheStore, i: number) => (store.get(keyOf(`/${i}`))!.body as Buffer[])[0];

  it('keeps bodies that were asked for, the oldest out first, and never a stale one', async () => {
    const store = open({ memorySize: 25_000 });
    await fill(store, 0, 3, Buffer.alloc(10_000));
    const [first, second] = [body(store, 0), body(store, 1)];
    expect([body(store, 0), body(store, 1)].map((again, i) => again === [first, second][i])).toEqual([true, true]);
    body(store, 2);
    expect(body(store, 1)).toBe(second);
    expect(body(store, 0)).not.toBe(first);
    expect(body(store, 0)).toEqual(first);
    // Through another handle, as another process would.
    await put(open({}), keyOf('/0'), 'new');
    expect(body(store, 0).toString()).toBe('new');
    open({}).delete(keyOf('/0'));
    expect(has(store, 0)).toBe(false);
  });

  it('of 0 keeps none', async () => {
    const store = open({ memorySize: 0 });
    await fill(store, 0, 1);
    expect(body(store, 0)).not.toBe(body(store, 0));
    expect(body(store, 0)).toEqual(Buffer.from('x'));
  });
});
