// Decoded objects kept in the heap: never stale, by `get` and by `getEntry`, and whose they are. Beside other processes: test/processes and rows 14 and 15 of the scorecard.

import { describe, expect, test } from 'vitest';
import { kinds, placeFor } from '../../../../test/support/stores.js';

describe.each(kinds)('an object cache, over %s', (kind) => {
  const place = placeFor(kind);
  const open = (values?: 'shared' | 'frozen' | 'cloned') => place.open({ objectCache: { maxEntries: 10, ...(values && { values }) } });

  test('answers get and getEntry with one object, whichever came first, with expiry and flag', () => {
    const store = open();
    store.set('k', { v: 1 }, { ttl: 1000, flag: true });
    const first = store.getEntry('k');
    expect(first).toEqual({ value: { v: 1 }, expiresAt: place.now + 1000, flag: true });
    expect([store.get('k'), store.getEntry('k')?.value].map((value) => value === first?.value)).toEqual([true, true]);
    store.set('l', { v: 2 });
    const got = store.get('l');
    expect(store.getEntry('l')).toEqual({ value: got, expiresAt: Number.POSITIVE_INFINITY, flag: false });
    expect(store.stats().objectCache).toMatchObject({ hits: 3, entries: 2 });
  });

  test('what has changed is read again', () => {
    const store = open();
    store.set('k', { v: 1 });
    store.getEntry('k');
    for (const change of [() => store.set('k', { v: 2 }, { flag: true }), () => store.touch('k', { ttl: 500 }), () => store.update('k', () => ({ v: 3 }))]) {
      change();
      expect(store.getEntry('k')).toEqual(open().getEntry('k'));
      expect(store.getEntry('k')?.value).toEqual(store.get('k'));
    }
    expect(store.getEntry('k')).toEqual({ value: { v: 3 }, expiresAt: place.now + 500, flag: true });
    place.now += 500;
    expect([store.getEntry('k'), store.get('k')]).toEqual([undefined, undefined]);
    store.set('k', { v: 4 });
    store.getEntry('k');
    store.delete('k');
    expect(store.getEntry('k')).toBeUndefined();
    store.set('k', { v: 5 });
    store.getEntry('k');
    store.clear();
    expect(store.getEntry('k')).toBeUndefined();
  });

  test('maxEntries and maxBytes bound it, oldest out first; what is larger than all of it is not kept', () => {
    const store = place.open({ objectCache: { maxEntries: 4, maxBytes: 1000 } });
    const isKept = (key: string) => {
      const { hits } = store.stats().objectCache;
      store.get(key);
      return store.stats().objectCache.hits > hits;
    };
    for (let i = 0; i < 5; i++) store.set(`bytes ${i}`, Buffer.alloc(240));
    store.set('half', Buffer.alloc(500));
    store.set('large', Buffer.alloc(1001));
    for (let i = 0; i < 5; i++) store.get(`bytes ${i}`);
    expect(store.stats().objectCache).toMatchObject({ entries: 4, bytes: 960 });
    expect([isKept('bytes 4'), isKept('bytes 0')]).toEqual([true, false]);
    store.get('half');
    expect(store.stats().objectCache).toMatchObject({ entries: 3, bytes: 980 });
    expect([isKept('large'), isKept('large'), isKept('half')]).toEqual([false, false, true]);
    store.set('half', Buffer.alloc(100));
    expect([isKept('half'), isKept('half')]).toEqual([false, true]);
    expect(store.stats().objectCache).toMatchObject({ entries: 3, bytes: 580 });
  });

  test.each([
    ['objects', [0, 1]],
    ['strings', [1, 0]],
    ['all', [1, 1]],
  ] as const)('types: %s', (types, [strings, objects]) => {
    const store = place.open({ objectCache: { maxEntries: 10, types } });
    store.set('string', 'é'.repeat(50));
    store.set('empty', '');
    store.set('object', { v: 1 });
    store.set('number', 7);
    for (let round = 0; round < 4; round++) {
      expect(['string', 'empty', 'object', 'number'].map((key) => store.get(key))).toEqual(['é'.repeat(50), '', { v: 1 }, 7]);
    }
    expect(store.stats().objectCache).toMatchObject({ entries: 2 * strings + objects, hits: 3 * (2 * strings + objects) });
  });

  test('cloned, bytes and all that is in an object stay what they are', () => {
    const store = open('cloned');
    const value = { bytes: Buffer.from('ab'), floats: Float32Array.of(1.5), map: new Map([['k', new Date(5)]]), big: 2n };
    store.set('object', value);
    store.set('bytes', Buffer.from('cd'));
    for (let round = 0; round < 4; round++) {
      expect([store.get('object'), store.get('bytes')]).toEqual([value, Buffer.from('cd')]);
      expect([Buffer.isBuffer(store.get('bytes')), Buffer.isBuffer(store.get<typeof value>('object')?.bytes)]).toEqual([true, true]);
      store.get<Buffer>('bytes')?.fill(0);
    }
  });

  test('cloned, what an object holds twice stays one, and a cycle a cycle', () => {
    const store = open('cloned');
    const [twice, cycle] = [{ v: 1 }, { self: {} as object }];
    cycle.self = cycle;
    store.set('twice', { a: twice, b: twice });
    store.set('cycle', cycle);
    store.set('tree', { v: [1, { w: 2 }] });
    for (let round = 0; round < 4; round++) {
      for (const read of [(key: string) => store.get<any>(key), (key: string) => store.getEntry(key)?.value as any]) {
        const [{ a, b }, found] = [read('twice'), read('cycle')];
        expect([a, a === b, found.self === found]).toEqual([{ v: 1 }, true, true]);
        const tree = read('tree');
        expect(tree).toEqual({ v: [1, { w: 2 }] });
        tree.v[1].w = 3;
      }
    }
    // Decoding the others again costs less than cloning them.
    expect(store.stats().objectCache).toMatchObject({ entries: 1, hits: 7 });
  });

  test('a closed handle, which somebody may hold on to, lets go of them', () => {
    const store = open();
    store.set('k', { v: 1 });
    store.get('k');
    const { cache } = store as unknown as { cache: { size: number; bytes: number } };
    expect([cache.size, cache.bytes > 0]).toEqual([1, true]);
    store.close();
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });

  test('is its handle’s own: another on the same file gets objects that are its own', () => {
    const [cached, plain] = [open(), place.open()];
    cached.set('k', { v: 1 });
    const [first, second] = [plain.get<{ v: number }>('k'), plain.get('k')];
    expect(first).not.toBe(second);
    (first as { v: number }).v = 2;
    expect([cached.get('k'), plain.stats().objectCache.entries]).toEqual([{ v: 1 }, 0]);
  });

  test('what was found many times is read again when anything has changed it, by whichever handle', () => {
    const [store, other] = [open(), open()];
    const changes = [
      () => other.set('k', { v: 2 }),
      () => other.delete('k'),
      () => other.batch((batch) => batch.set('k', { v: 3 })),
      () => other.clear(),
      () => other.setMany([{ key: 'k', value: { v: 4 }, ttl: 100 }]),
      () => (place.now += 100),
    ];
    other.set('k', { v: 1 });
    for (const [i, change] of changes.entries()) {
      for (let round = 0; round < 4; round++) store.get('k');
      other.set('another key', i);
      for (let round = 0; round < 4; round++) store.get('k');
      change();
      expect(store.get('k'), `after change ${i}`).toEqual([{ v: 2 }, undefined, { v: 3 }, undefined, { v: 4 }, undefined][i]);
    }
  });

  test.each([
    ['frozen', true, true],
    ['cloned', false, false],
    ['shared', false, true],
  ] as const)('%s', (values, isFrozen, isSame) => {
    const store = open(values);
    store.set('k', { inner: {} });
    const [a, b] = [store.getEntry('k'), store.getEntry('k')].map((entry) => entry?.value as { inner: object });
    expect([Object.isFrozen(a.inner), a === b]).toEqual([isFrozen, isSame]);
  });
});
