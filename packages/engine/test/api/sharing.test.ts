// Many handles, one file: the same path opened again in one thread shares one engine; backups are files of their own.

import { copyFileSync, existsSync, linkSync, readdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeOf, contentsOf, fileKinds, isOpen, kinds, placeFor } from '../../../../test/support/stores.js';
import { closeAll, openStore } from '../../src/index.js';
import { LockByte, MAX_OPENERS } from '../../src/layout.js';

describe.each(kinds)('handles over %s', (kind) => {
  const place = placeFor(kind);

  test('on one path see each other at once, and the file is closed with the last of them', () => {
    const [one, two, three] = [place.open(), place.open(), place.open()];
    one.set('a', 1);
    expect([two.get('a'), three.stats().handles]).toEqual([1, 3]);
    one.close();
    one.close();
    expect(codeOf(() => one.get('a'))).toBe('ERR_STORE_CLOSED');
    two.set('b', 2);
    expect(three.get('b')).toBe(2);
    expect(three.stats()).toMatchObject({ handles: 2, recovery: 'created' });
    two.close();
    three.close();
    expect(place.open().stats()).toMatchObject({ handles: 1, recovery: 'clean', entries: 2 });
  });

  test('by the hundred cost no mapping each', () => {
    const stores = Array.from({ length: 300 }, () => place.open());
    stores[0].set('a', 1);
    expect(stores[299].get('a')).toBe(1);
    expect(stores[150].stats()).toMatchObject({ handles: 300, mappings: 1 });
    for (const store of stores.slice(1)) store.close();
    expect(stores[0].get('a')).toBe(1);
  });

  test('a closed store can be reopened at once, again and again', () => {
    for (let i = 0; i < 20; i++) {
      const store = place.open({ segmentSize: 4096 });
      expect(store.size).toBe(i);
      store.set(`key ${i}`, i);
      store.close();
    }
  });
});

describe.each(fileKinds)('what an opening promises, over %s', (kind) => {
  const place = placeFor(kind);

  test('exclusive is refused while this thread has the file open without', () => {
    const store = place.open();
    expect(codeOf(() => place.open({ exclusive: true }))).toBe('ERR_STORE_LOCKED');
    store.close();
    const alone = place.open({ exclusive: true });
    expect([place.open({ exclusive: true }), place.open()].map((each) => each.stats().handles)).toEqual([3, 3]);
    expect(alone.stats().handles).toBe(3);
  });

  test('a cache is refused where this thread has a store, and a store where it has a cache', () => {
    const cache = { eviction: 's3-fifo', maxSize: 2 ** 22 } as const;
    place.open();
    expect(codeOf(() => place.open(cache))).toBe('ERR_STORE_MODE');
    const other = `${place.path}-cache`;
    place.open(cache, other);
    expect(codeOf(() => place.open({}, other))).toBe('ERR_STORE_MODE');
    expect(place.open({ readOnly: true }, other).size).toBe(0);
  });

  test('there is a place for 256 who may write, and the next is told so', () => {
    place.open().close();
    const others = Array.from({ length: MAX_OPENERS }, (_, slot) => {
      const file = place.mapping.open(place.path, { readOnly: false });
      expect(file.tryLock(LockByte.OPENERS + slot, 1, 'exclusive')).toBe(true);
      return file;
    });
    expect(() => place.open()).toThrow(/has 256 openers, the most there can be: close it in some of them/);
    expect(place.open({ readOnly: true }).size).toBe(0);
    others.pop()?.close();
    place.open().set('a', 1);
    for (const file of others) file.close();
  });

  test('closeAll closes who only read before somebody wrote, too', () => {
    place.open().close();
    const reader = place.open({ readOnly: true });
    const writer = place.open();
    writer.set('a', 1);
    expect(reader.get('a')).toBe(1);
    const second = place.open({ readOnly: true });
    writer.close();
    expect([second.get('a'), reader.get('a')]).toEqual([1, 1]);
    second.close();
    place.open();
    closeAll();
    expect([reader, second, writer].map(isOpen)).toEqual([false, false, false]);
  });
});

describe.each(fileKinds)('paths over %s', (kind) => {
  const place = placeFor(kind);

  test('a link that is swapped while it is being opened: what was opened stays what it is, and the next opening gets the other', () => {
    const [link, other, copy] = ['link', 'other', 'copy'].map((name) => join(place.directory, name));
    const first = place.open();
    first.set('which', 'first');
    first.flushSync();
    copyFileSync(place.path, copy); // of an open store: opening it recovers, and in the middle of that the link is swapped
    first.close();
    const second = place.open({}, other);
    second.set('which', 'other');
    second.close();
    symlinkSync(copy, link);
    let swapped = false;
    const swap = () => {
      if (swapped) return;
      swapped = true;
      unlinkSync(link);
      symlinkSync(other, link);
    };
    const opened = place.open({ onRecovery: swap }, link);
    const next = place.open({}, link);
    expect([opened.get('which'), next.get('which'), opened.stats().handles, next.stats().handles]).toEqual(['first', 'other', 1, 1]);
    expect(place.open({}, copy).stats().handles).toBe(2);
  });

  test('that lead to one file share it: relative, through links, and over another mapping', () => {
    const store = place.open();
    store.set('a', 1);
    symlinkSync(place.path, join(place.directory, 'symlink'));
    linkSync(place.path, join(place.directory, 'hard link'));
    for (const path of ['symlink', 'hard link', `../${place.directory.split('/').at(-1)}/./store`]) {
      const other = place.open({}, join(place.directory, path));
      expect(other.get('a')).toBe(1);
      expect(other.stats().handles).toBe(2);
      other.close();
    }
    const byDefault = place.track(openStore(place.path));
    expect(byDefault.get('a')).toBe(1);
  });

  test('backup writes all live entries to a store of its own, with expiry and flag, and never overwrites', () => {
    const store = place.open({ segmentSize: 4096 });
    const target = join(place.directory, 'copy');
    for (let i = 0; i < 500; i++) store.set(`key ${i}`, `value ${i}`);
    for (let i = 0; i < 400; i++) store.delete(`key ${i}`);
    store.set('chained', 'c'.repeat(20_000), { ttl: 100, flag: true });
    store.set('expired', 1, { ttl: 1 });
    place.now += 1;
    store.backup(target);
    expect(readdirSync(place.directory).sort()).toEqual(['copy', 'store']);
    const bytes = readFileSync(target);
    expect(codeOf(() => store.backup(target))).toBe('ERR_STORE_EXISTS');
    expect(readFileSync(target).equals(bytes)).toBe(true);
    expect(codeOf(() => store.backup(place.path))).toBe('ERR_STORE_EXISTS');
    writeFileSync(join(place.directory, 'file'), 'mine');
    expect(codeOf(() => store.backup(join(place.directory, 'file')))).toBe('ERR_STORE_EXISTS');
    expect(codeOf(() => store.backup(join(place.directory, 'no', 'copy')))).toBe('ERR_STORE_IO');
    store.set('later', 1);

    const copy = place.open({}, target);
    expect(copy.stats()).toMatchObject({ recovery: 'clean', segmentSize: 4096, entries: 101, deadBytes: 0 });
    expect(copy.getEntry('chained')).toEqual({ value: 'c'.repeat(20_000), expiresAt: place.now + 99, flag: true });
    store.delete('later');
    expect(contentsOf(copy)).toEqual(contentsOf(store));
    expect(readdirSync(place.directory).sort()).toEqual(['copy', 'file', 'store']);
  });

  test('a failed backup leaves nothing behind', () => {
    const store = place.open({ segmentSize: 4096, verifyReads: true });
    store.set('a', 'x'.repeat(100));
    expect(codeOf(() => store.backup(join(place.directory, 'a', 'b', 'c')))).toBe('ERR_STORE_IO');
    expect(readdirSync(place.directory)).toEqual(['store']);
  });
});

describe('memory', () => {
  const place = placeFor('koffi');

  test('keeps nothing after the last close, and its backup is a file', () => {
    const path = join(place.directory, 'only a name');
    const store = openStore(path, { mapping: 'memory' });
    store.set('a', new Map([['b', 1]]));
    expect(store.stats().mapping).toBe('memory');
    store.backup(place.path);
    expect(existsSync(path)).toBe(false);
    store.close();
    const empty = openStore(path, { mapping: 'memory' });
    expect([empty.size, empty.stats().recovery]).toEqual([0, 'created']);
    empty.close();
    expect(place.open().get('a')).toEqual(new Map([['b', 1]]));
  });
});
