// One suite, three mappings: what the engine may rely on, whichever it gets.
import { existsSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorOf, kinds, placeOf } from './support.js';

const PAGE = 4096;
const { EBADF } = constants.errno;

describe.each(kinds)('mapping over %s', (kind) => {
  const place = placeOf(kind);

  test('says its kind', () => {
    expect([place.mapping.kind, place.fresh(PAGE).kind]).toEqual([kind, kind]);
  });

  test('create makes a file of the head and zeros after it', () => {
    expect(place.mapping.create(place.path, Buffer.from('head'), 3 * PAGE)).toBe(true);
    const expected = Buffer.alloc(3 * PAGE);
    expected.write('head');
    expect(
      place
        .open()
        .read(0, 1 << 20)
        .equals(expected),
    ).toBe(true);
  });

  test('create never replaces a file', () => {
    const file = place.fresh(PAGE);
    expect(place.mapping.create(place.path, Buffer.from('other'), 2 * PAGE)).toBe(false);
    expect([file.size(), file.read(0, 5).toString('latin1')]).toEqual([PAGE, '\0\0\0\0\0']);
  });

  test('exists and fileId tell a file from none', () => {
    const { mapping, path } = place;
    expect([mapping.exists(path), mapping.fileId(path)]).toEqual([false, undefined]);
    const file = place.fresh(PAGE);
    expect(mapping.exists(path)).toBe(true);
    expect(file.fileId()).toBe(mapping.fileId(path));
    expect(mapping.fileId(path)).toBe(mapping.fileId(`${place.directory}/./store`));
  });

  test('open of nothing is an error that says so', async () => {
    const error = await errorOf(() => place.open());
    expect(error).toMatchObject({ name: 'StoreError', code: 'ERR_STORE_IO', syscall: 'open', errno: constants.errno.ENOENT, path: place.path });
  });

  test('the three views of a region share their bytes', () => {
    const region = place.fresh(2 * PAGE).map(PAGE, PAGE);
    region.doubles[1] = 1.5;
    expect([region.offset, region.length, region.bytes.length, region.words.length, region.doubles.length]).toEqual([PAGE, PAGE, PAGE, PAGE / 4, PAGE / 8]);
    expect(region.bytes.readDoubleLE(8)).toBe(1.5);
    region.words[5] = -2;
    expect(region.bytes.readInt32LE(20)).toBe(-2);
  });

  test("two maps of one file, and two opens of it, see each other's stores", () => {
    const file = place.fresh(2 * PAGE);
    const [one, two, other] = [file.map(0, PAGE), file.map(0, PAGE), place.open().map(0, PAGE)];
    one.words[7] = 42;
    expect([two.words[7], other.words[7]]).toEqual([42, 42]);
    expect(Atomics.compareExchange(other.words, 7, 42, 43)).toBe(42);
    expect(one.words[7]).toBe(43);
  });

  test('read gives a private copy, shorter at the end of the file', () => {
    const file = place.fresh(2 * PAGE);
    const { bytes } = file.map(0, 2 * PAGE);
    bytes.fill(7);
    const copy = file.read(PAGE, 10 * PAGE);
    bytes.fill(8);
    expect([copy.length, copy[0], copy[PAGE - 1]]).toEqual([PAGE, 7, 7]);
    expect([file.read(2 * PAGE, 1).length, file.read(99 * PAGE, 1).length]).toEqual([0, 0]);
  });

  test('allocate extends the file by zeros, and mapping the new half leaves earlier views alone', () => {
    const file = place.fresh(1 << 16);
    const old = file.map(0, 1 << 16);
    old.bytes.fill(0xab);
    for (let size = 1 << 16; size < 1 << 21; size *= 2) {
      file.allocate(size, 2 * size);
      expect(file.size()).toBe(2 * size);
      const half = file.map(size, size);
      expect(half.bytes.every((byte) => byte === 0)).toBe(true);
      half.bytes.fill(0xcd);
      old.words[0]++;
    }
    const whole = file.read(0, 1 << 21);
    expect(old.words[0]).toBe((0xabababab | 0) + 5);
    expect(whole.subarray(4, 1 << 16).every((byte) => byte === 0xab) && whole.subarray(1 << 16).every((byte) => byte === 0xcd)).toBe(true);
  });

  test('allocate zeroes what was there and never shortens', () => {
    const file = place.fresh(3 * PAGE);
    const region = file.map(0, 3 * PAGE);
    region.bytes.fill(1);
    file.allocate(PAGE, 2 * PAGE);
    expect([file.size(), region.bytes[PAGE - 1], region.bytes[PAGE], region.bytes[2 * PAGE - 1], region.bytes[2 * PAGE]]).toEqual([3 * PAGE, 1, 0, 0, 1]);
  });

  test('knows the free space', () => {
    expect(place.fresh(PAGE).freeSpace()).toBeGreaterThan(PAGE);
  });

  const ranges = [
    [0, PAGE],
    [5, 6],
    [PAGE - 1, PAGE + 1],
    [PAGE + 100, 3 * PAGE],
    [3 * PAGE - 1, 3 * PAGE],
    [7, 7],
  ];
  test.each(ranges)('sync of [%d, %d) rounds out to whole pages, now and later', async (from, to) => {
    const file = place.fresh(4 * PAGE);
    const region = file.map(PAGE, 3 * PAGE);
    region.bytes.fill(9);
    file.sync(region, from, to);
    await file.syncAsync(region, from, to);
    expect(file.read(PAGE, 3 * PAGE).every((byte) => byte === 9)).toBe(true);
  });

  test('many syncs under way at once', async () => {
    const file = place.fresh(64 * PAGE);
    const region = file.map(0, 64 * PAGE);
    region.bytes.fill(3);
    await Promise.all(Array.from({ length: 64 }, (_, page) => file.syncAsync(region, page * PAGE, (page + 1) * PAGE)));
  });

  test('unmap and close may come while a sync is under way', async () => {
    const file = place.fresh(1 << 20);
    const region = file.map(0, 1 << 20);
    region.bytes.fill(4);
    const syncs = [file.syncAsync(region, 0, 1 << 20), file.syncAsync(region, PAGE, PAGE + 1)];
    file.unmap(region);
    file.close();
    await Promise.all(syncs);
  });

  test('an exclusive lock excludes every other open, a shared one only exclusive ones', () => {
    const [one, two] = [place.fresh(PAGE), place.open()];
    expect([one.tryLock(0, 1, 'exclusive'), two.tryLock(0, 1, 'exclusive'), two.tryLock(0, 1, 'shared')]).toEqual([true, false, false]);
    expect(two.tryLock(1, 1, 'exclusive')).toBe(true);
    one.unlock(0, 1);
    expect([one.tryLock(0, 1, 'shared'), two.tryLock(0, 1, 'shared'), two.tryLock(0, 1, 'exclusive')]).toEqual([true, true, false]);
    one.unlock(0, 1);
    expect([two.tryLock(0, 1, 'exclusive'), one.tryLock(0, 1, 'shared')]).toEqual([true, false]);
  });

  test('an open takes its own lock again, widens it, weakens it and gives back a part', () => {
    const [one, two] = [place.fresh(PAGE), place.open()];
    expect([one.tryLock(0, 4, 'exclusive'), one.tryLock(2, 8, 'exclusive')]).toEqual([true, true]);
    one.unlock(3, 2);
    expect([0, 2, 3, 4, 5, 9, 10].map((byte) => two.tryLock(byte, 1, 'exclusive'))).toEqual([false, false, true, true, false, false, true]);
    expect([one.tryLock(0, 1, 'shared'), two.tryLock(0, 1, 'shared'), two.tryLock(1, 1, 'shared')]).toEqual([true, true, false]);
  });

  test('a refused lock changes nothing', () => {
    const [one, two] = [place.fresh(PAGE), place.open()];
    expect([one.tryLock(5, 1, 'shared'), two.tryLock(4, 1, 'shared'), one.tryLock(4, 2, 'exclusive')]).toEqual([true, true, false]);
    expect([two.tryLock(5, 1, 'shared'), two.tryLock(5, 1, 'exclusive')]).toEqual([true, false]);
  });

  test('close lets go of the locks, though the pages may stay in memory', () => {
    const one = place.fresh(PAGE);
    const region = one.map(0, PAGE);
    expect(one.tryLock(0, 10, 'exclusive')).toBe(true);
    one.close();
    expect(place.mapping.exists(place.path) ? place.open().tryLock(0, 10, 'exclusive') : kind === 'memory').toBe(true);
    expect(region.length).toBe(PAGE);
  });

  test('read-only opens read, take shared locks, and can do nothing else', async () => {
    const writer = place.fresh(PAGE);
    writer.map(0, PAGE).bytes[3] = 5;
    const reader = place.open({ readOnly: true });
    expect([reader.readOnly, reader.map(0, PAGE).bytes[3], reader.read(3, 1)[0], reader.tryLock(0, 1, 'shared')]).toEqual([true, 5, 5, true]);
    expect(await errorOf(() => reader.tryLock(1, 1, 'exclusive'))).toMatchObject({ code: 'ERR_STORE_IO', syscall: 'fcntl', errno: EBADF });
    expect(await errorOf(() => reader.allocate(PAGE, 2 * PAGE))).toMatchObject({ code: 'ERR_STORE_IO', syscall: 'write', errno: EBADF });
    expect(writer.size()).toBe(PAGE);
  });

  test('identity is the same for every open of a file and another for another file', () => {
    const [one, two] = [place.fresh(PAGE), place.open({ readOnly: true })];
    const path = join(place.directory, 'second');
    place.mapping.create(path, one.read(0, PAGE), PAGE);
    expect(two.identity()).toBe(one.identity());
    expect(one.identity()).toBe(one.identity());
    expect(place.open({ path }).identity()).not.toBe(one.identity());
  });

  test('after close everything says so, and a second close does nothing', async () => {
    const file = place.fresh(PAGE);
    const region = file.map(0, PAGE);
    file.close();
    file.close();
    const calls: (() => unknown)[] = [
      () => file.size(),
      () => file.read(0, 1),
      () => file.allocate(0, PAGE),
      () => file.freeSpace(),
      () => file.map(0, PAGE),
      () => file.sync(region, 0, 1),
      () => file.syncAsync(region, 0, 1),
      () => file.tryLock(0, 1, 'shared'),
      () => file.unlock(0, 1),
      () => file.isLocked(0, 1),
      () => file.identity(),
    ];
    for (const call of calls) expect(await errorOf(call), `${call}`).toMatchObject({ code: 'ERR_STORE_CLOSED', path: place.path });
  });

  test('files in memory leave no trace, others no temporary file', () => {
    place.fresh(PAGE);
    place.mapping.create(place.path, new Uint8Array(0), PAGE);
    expect(readdirSync(place.directory)).toEqual(kind === 'memory' ? [] : ['store']);
    expect(existsSync(place.path)).toBe(kind !== 'memory');
  });
});
