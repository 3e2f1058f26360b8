// dataVersion: another after every change of what a file holds, whoever made it, and the same as long as there was none. Between two stores of a change: test/model-check.

import { describe, expect, test } from 'vitest';
import { kinds, placeFor } from '../../../../test/support/stores.js';

describe.each(kinds)('dataVersion, over %s', (kind) => {
  const place = placeFor(kind);

  test('is another after every change, and seen by every handle', () => {
    const [store, other] = [place.open(), place.open()];
    const changes = {
      set: () => store.set('k', 1),
      'set to the same': () => store.set('k', 1),
      touch: () => store.touch('k', { ttl: 1000 }),
      update: () => store.update('k', () => 2),
      batch: () => store.batch((batch) => batch.delete('k')),
      setMany: () => store.setMany([{ key: 'a', value: 1 }]),
      'set of a large value': () => store.set('large', Buffer.alloc(3_000_000)),
      deleteMany: () => store.deleteMany(['a', 'large']),
      'delete of what is there': () => store.delete('b'),
      clear: () => store.clear(),
    };
    store.set('b', 1);
    const seen = new Set([store.dataVersion]);
    for (const [name, change] of Object.entries(changes)) {
      change();
      const { dataVersion } = other;
      expect([dataVersion, seen.has(dataVersion)], name).toEqual([expect.any(Number), false]);
      seen.add(dataVersion);
    }
    expect(seen).not.toContain(Number.NaN);
  });

  test('is the same when nothing was changed', () => {
    const store = place.open();
    store.set('k', 'v', { ttl: 100 });
    const { dataVersion } = store;
    store.get('k');
    store.getMany(['k', 'absent']);
    store.has('k');
    store.delete('absent');
    store.touch('absent', { ttl: 1 });
    store.update('absent', () => undefined);
    expect([...store.keys()]).toEqual(['k']);
    store.flushSync();
    store.check();
    place.now += 100;
    expect([store.get('k'), store.dataVersion]).toEqual([undefined, dataVersion]);
  });

  test('goes on after a reopening, and of a closed store there is none', () => {
    const store = place.open();
    store.set('k', 1);
    const { dataVersion } = store;
    store.close();
    expect(() => store.dataVersion).toThrow(expect.objectContaining({ code: 'ERR_STORE_CLOSED' }));
    const again = place.open();
    again.set('k', 2);
    expect(again.dataVersion).not.toBe(dataVersion);
  });

  test('tells of what a cache evicts, and of what it sweeps', () => {
    const cache = place.open({ eviction: 's3-fifo', maxSize: 2 ** 20, segmentSize: 2 ** 14 });
    cache.set('k', 'v', { ttl: 100 });
    const { dataVersion } = cache;
    place.now += 100;
    expect([cache.sweep(), cache.dataVersion !== dataVersion]).toEqual([1, true]);
  });
});
