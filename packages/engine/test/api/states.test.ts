// Every method in every state a store can be in: open, read-only, poisoned by a sync that failed, closed.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { random, SimulatedDisk } from '../../../../test/support/simulated-mapping.js';
import { codeOf, fileKinds, placeFor } from '../../../../test/support/stores.js';
import { StoreError } from '../../src/errors.js';
import { closeAll } from '../../src/index.js';
import { openStoreIn } from '../../src/store/registry.js';
import type { Store } from '../../src/store/store.js';

type Call = (store: Store) => unknown;
const CLOSED = 'ERR_STORE_CLOSED';

const reads: Record<string, Call> = {
  get: (store) => store.get('a'),
  getEntry: (store) => store.getEntry('a'),
  has: (store) => store.has('a'),
  expiresAt: (store) => store.expiresAt('a'),
  getMany: (store) => store.getMany(['a', 'b']),
  keys: (store) => [...store.keys()],
  entries: (store) => [...store.entries({ prefix: 'a' })],
  records: (store) => [...store.records()],
  iterator: (store) => [...store],
  size: (store) => store.size,
  stats: (store) => store.stats().entries,
  check: (store) => store.check(),
  opener: (store) => store.opener,
  isOpenerAlive: (store) => store.isOpenerAlive('1-1'),
};
const writes: Record<string, Call> = {
  set: (store) => store.set('c', 1),
  'set with ttl': (store) => store.set('c', 1, { ttl: 5 }),
  delete: (store) => store.delete('a'),
  'delete of what is absent': (store) => store.delete('x'),
  touch: (store) => store.touch('a', { ttl: 5 }),
  update: (store) => store.update('a', () => 2),
  'update to nothing': (store) => store.update('x', () => undefined),
  setMany: (store) => store.setMany([{ key: 'c', value: 1 }]),
  'setMany of nothing': (store) => store.setMany([]),
  deleteMany: (store) => store.deleteMany(['a']),
  batch: (store) => store.batch((batch) => batch.set('c', 1)),
  clear: (store) => store.clear(),
  'clear with a prefix': (store) => store.clear({ prefix: 'a' }),
  compact: (store) => store.compact(),
};
const flushes: Record<string, Call> = { flushSync: (store) => store.flushSync() };
const all = { ...reads, ...writes, ...flushes };

async function codeOfPromise(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error) => error.code,
  );
}

describe.each(fileKinds)('over %s', (kind) => {
  const place = placeFor(kind);
  const make = (): Store => {
    const store = place.open();
    store.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: { two: 2 } },
    ]);
    return store;
  };

  test.each(Object.keys(all))('%s: works open, throws ERR_STORE_CLOSED closed', (name) => {
    const store = make();
    all[name](store);
    store.close();
    expect(codeOf(() => all[name](store))).toBe(CLOSED);
  });

  test('closed: flush rejects, backup throws, close and dispose do nothing', async () => {
    const store = make();
    store[Symbol.dispose]();
    expect(await codeOfPromise(store.flush())).toBe(CLOSED);
    expect(codeOf(() => store.backup(join(place.directory, 'copy')))).toBe(CLOSED);
    expect(existsSync(join(place.directory, 'copy'))).toBe(false);
    store.close();
    store[Symbol.dispose]();
  });

  test.each(Object.keys(all))('%s: on a read-only store reads work and writes throw ERR_STORE_READONLY', (name) => {
    make().close();
    const store = place.open({ readOnly: true });
    const before = [...store.entries()];
    if (name in writes) expect(codeOf(() => all[name](store))).toBe('ERR_STORE_READONLY');
    else all[name](store);
    expect([...store.entries()]).toEqual(before);
  });

  test('read-only: flush and backup work', async () => {
    make().close();
    const store = place.open({ readOnly: true });
    expect(await codeOfPromise(store.flush())).toBe('resolved');
    store.backup(join(place.directory, 'copy'));
    expect([...place.open({}, join(place.directory, 'copy')).entries()]).toHaveLength(2);
  });

  test('a read-only handle on a store that another handle writes reads what that one wrote, and writes nothing', () => {
    const writer = make();
    const reader = place.open({ readOnly: true });
    writer.set('c', 3);
    expect(reader.get('c')).toBe(3);
    for (const name of Object.keys(writes))
      expect(
        codeOf(() => writes[name](reader)),
        name,
      ).toBe('ERR_STORE_READONLY');
    reader.close();
    writer.set('d', 4);
    expect(writer.get('d')).toBe(4);
  });

  test('closeAll closes every handle, and can be called again', () => {
    const stores = [make(), place.open(), place.open({}, join(place.directory, 'another'))];
    closeAll();
    for (const store of stores) expect(codeOf(() => store.size)).toBe(CLOSED);
    closeAll();
    expect(place.open().stats()).toMatchObject({ recovery: 'clean', entries: 2, handles: 1 });
  });
});

describe('after a sync has failed', () => {
  function poisoned(): { store: Store; cause: Error } {
    const disk = new SimulatedDisk(1 << 20, random(1));
    const store = openStoreIn('/poisoned', { segmentSize: 4096, maxSize: 1 << 18, flush: 'manual' }, { now: () => 1, random: (n) => new Uint8Array(n) }, disk);
    store.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: { two: 2 } },
    ]);
    const cause = new StoreError('ERR_STORE_IO', 'msync: EIO');
    disk.failure = () => cause;
    disk.syncsLeft = 0;
    expect(() => store.flushSync()).toThrow(expect.objectContaining({ code: 'ERR_STORE_POISONED', cause }));
    disk.syncsLeft = Number.POSITIVE_INFINITY;
    return { store, cause };
  }

  test.each(Object.keys(reads))('%s still works', (name) => {
    const { store } = poisoned();
    reads[name](store);
    store.close();
  });

  test.each(Object.keys({ ...writes, ...flushes }))('%s throws ERR_STORE_POISONED with its cause, also when the disk is well again', (name) => {
    const { store, cause } = poisoned();
    expect(() => all[name](store)).toThrow(expect.objectContaining({ code: 'ERR_STORE_POISONED', cause }));
    expect([...store.keys()].sort()).toEqual(['a', 'b']);
    store.close();
    expect(codeOf(() => all[name](store))).toBe(CLOSED);
  });

  test('flush rejects with ERR_STORE_POISONED', async () => {
    const { store } = poisoned();
    expect(await codeOfPromise(store.flush())).toBe('ERR_STORE_POISONED');
    store.close();
  });
});
