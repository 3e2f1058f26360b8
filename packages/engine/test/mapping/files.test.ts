// What only mappings over real files have: offsets past 4 GiB, real mappings that end, the kernel's errors, names and links.

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { libc } from '../../src/mapping/libc.js';
import { errorOf, fileKinds, mappingsOf, placeOf } from './support.js';

const PAGE = 4096;
const { EINVAL, ENOENT, ENOMEM, ENOTDIR } = constants.errno;
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Buffers of an addon are let go of a turn of the event loop after they were found. */
async function collected(done: () => boolean): Promise<void> {
  for (let round = 0; !done() && round < 20; round++) {
    collect();
    await new Promise(setImmediate);
  }
}

describe.each(fileKinds)('files mapped by %s', (kind) => {
  const place = placeOf(kind);

  test.each([2 ** 31 - PAGE, 2 ** 31, 2 ** 32, 2 ** 32 + PAGE, 2 ** 35])('a page at offset %d is that page, and not the first', (offset) => {
    const file = place.fresh(PAGE);
    truncateSync(place.path, offset + PAGE); // sparse: this test owns the disk's emptiness
    const [first, far] = [file.map(0, PAGE), file.map(offset, PAGE)];
    far.words[0] = 0x5eed;
    file.sync(far, 0, PAGE);
    expect([first.words[0], file.read(offset, 4).readInt32LE(), file.map(offset, PAGE).words[0]]).toEqual([0, 0x5eed, 0x5eed]);
  });

  test('a region may begin before 2 GiB and end after it', async () => {
    const file = place.fresh(PAGE);
    truncateSync(place.path, 2 ** 31 + PAGE);
    const region = file.map(2 ** 31 - PAGE, 2 * PAGE);
    region.words.set([1], 0);
    region.words.set([2], PAGE / 4);
    await file.syncAsync(region, 0, 2 * PAGE);
    expect([file.read(2 ** 31 - PAGE, 4)[0], file.read(2 ** 31, 4)[0]]).toEqual([1, 2]);
  });

  test.runIf(process.platform === 'linux')('one mapping per map, ended by unmap (mmap-io: by the collector)', async () => {
    const file = place.fresh(PAGE);
    const names = () => mappingsOf(place.path);
    expect(names()).toBe(0);
    (() => {
      const region = file.map(0, PAGE);
      region.bytes[0] = 1;
      expect(names()).toBe(1);
      file.unmap(region);
      file.unmap(region);
    })();
    if (kind === 'mmap-io') await collected(() => names() === 0);
    expect(names()).toBe(0);
  });

  test.runIf(process.platform === 'linux')('the pages stay while an asynchronous sync needs them, also with nobody else holding them', async () => {
    const file = place.fresh(32 << 20);
    const sync = (() => {
      const region = file.map(0, 32 << 20);
      region.bytes.fill(1);
      const promise = file.syncAsync(region, 0, 32 << 20);
      file.unmap(region);
      return promise;
    })();
    for (let round = 0; round < 3; round++) collect();
    expect(mappingsOf(place.path)).toBe(1);
    await sync;
    await collected(() => mappingsOf(place.path) === 0);
    expect(mappingsOf(place.path)).toBe(0);
  });

  test('any number of asynchronous syncs may be begun at once', async () => {
    const file = place.fresh(PAGE);
    const region = file.map(0, PAGE);
    await Promise.all(Array.from({ length: 300 }, () => file.syncAsync(region, 0, PAGE)));
  });

  test('an asynchronous sync leaves the event loop free', async () => {
    const file = place.fresh(32 << 20);
    const region = file.map(0, 32 << 20);
    // On a busy machine a sync can be over before the loop has turned; one that blocked it would be over so each time.
    let turns = 0;
    for (let attempt = 1; attempt <= 50 && turns < 2; attempt++) {
      region.bytes.fill(attempt);
      let syncing = true;
      turns = 0;
      const turn = () => {
        turns++;
        if (syncing) setImmediate(turn);
      };
      setImmediate(turn);
      await file.syncAsync(region, 0, 32 << 20);
      syncing = false;
    }
    expect(turns).toBeGreaterThan(1);
  });

  test('a lock outlives every other descriptor of the file that closes', () => {
    const [one, two] = [place.fresh(PAGE), place.open()];
    one.tryLock(0, 1, 'exclusive');
    for (const flags of ['r', 'r+']) closeSync(openSync(place.path, flags));
    readFileSync(place.path);
    place.open().close();
    place.open({ readOnly: true }).close();
    expect(two.tryLock(0, 1, 'exclusive')).toBe(false);
  });

  test('a lock is on the file, whatever its name', () => {
    const one = place.fresh(PAGE);
    const path = join(place.directory, 'renamed');
    one.tryLock(0, 1, 'exclusive');
    renameSync(place.path, path);
    expect(place.open({ path }).tryLock(0, 1, 'exclusive')).toBe(false);
    expect(one.freeSpace()).toBeGreaterThan(0);
  });

  test('isLocked sees the locks of others, not its own, and takes none', () => {
    const one = place.fresh(PAGE);
    const two = place.open();
    one.tryLock(5, 1, 'exclusive');
    one.tryLock(7, 1, 'shared');
    expect([one.isLocked(0, 100), two.isLocked(5, 1), two.isLocked(6, 1), two.isLocked(7, 1), two.isLocked(0, 100)]).toEqual([false, true, false, true, true]);
    expect([one.isLocked(5, 1), two.tryLock(6, 1, 'exclusive'), one.isLocked(0, 100)]).toEqual([false, true, true]);
    one.close();
    expect(two.isLocked(0, 100)).toBe(false);
  });

  test('identity survives reopening and renaming, and differs for a copy at the same path', () => {
    const file = place.fresh(PAGE);
    const identity = file.identity();
    expect(identity).toMatch(/^boot=[\w-]{20,} dev=\d+ ino=\d+ birth=\d+ disk=\d*$/);
    file.close();
    const moved = join(place.directory, 'moved');
    renameSync(place.path, moved);
    expect(place.open({ path: moved }).identity()).toBe(identity);
    copyFileSync(moved, place.path);
    expect(place.open().identity()).not.toBe(identity);
  });

  test('fileId is one for one file, by any link', () => {
    place.fresh(PAGE);
    const [hard, soft, other] = ['hard', 'soft', 'other'].map((name) => join(place.directory, name));
    linkSync(place.path, hard);
    symlinkSync(place.path, soft);
    place.mapping.create(other, new Uint8Array(0), PAGE);
    const [id, ...ids] = [place.path, hard, soft, other].map((path) => place.mapping.fileId(path));
    expect(ids.map((each) => each === id)).toEqual([true, true, false]);
    // Of an open file it stays, whatever its path leads to by now.
    const file = place.open({ path: soft });
    unlinkSync(soft);
    symlinkSync(other, soft);
    expect([file.fileId() === id, place.mapping.fileId(soft) === id]).toEqual([true, false]);
  });

  describe('create', () => {
    let umask: number | undefined;
    afterEach(() => {
      if (umask !== undefined) process.umask(umask);
      umask = undefined;
    });

    test.each([
      [0, undefined, 0o600],
      [0o022, undefined, 0o600],
      [0o277, undefined, 0o400],
      [0, 0o666, 0o666],
      [0o022, 0o660, 0o640],
    ])('with umask %o and mode %o gives %o', (mask, mode, given) => {
      umask = process.umask(mask);
      place.mapping.create(place.path, new Uint8Array(0), PAGE, mode);
      expect(statSync(place.path).mode & 0o777).toBe(given);
    });

    test('allocates every block', () => {
      place.mapping.create(place.path, Buffer.from('x'), 1 << 20);
      expect(statSync(place.path).blocks * 512).toBeGreaterThanOrEqual(1 << 20);
    });

    test('makes what a dangling link points to, and leaves the link', () => {
      const target = join(place.directory, 'deep', 'target');
      mkdirSync(join(place.directory, 'deep'));
      symlinkSync('deep/../deep/target', place.path);
      expect(place.mapping.exists(place.path)).toBe(false);
      expect([place.mapping.create(place.path, Buffer.from('t'), PAGE), place.mapping.create(place.path, Buffer.from('t'), PAGE)]).toEqual([true, false]);
      expect(statSync(target).size).toBe(PAGE);
      expect(place.open().read(0, 1).toString()).toBe('t');
    });

    test('fails whole where the directory is missing or is none', async () => {
      const create = (path: string) => errorOf(() => place.mapping.create(path, new Uint8Array(0), PAGE));
      expect(await create(join(place.directory, 'no', 'store'))).toMatchObject({ code: 'ERR_STORE_IO', errno: ENOENT });
      place.fresh(PAGE);
      const inFile = await create(join(place.path, 'store'));
      expect([inFile.code, inFile.errno]).toEqual(['ERR_STORE_IO', ENOTDIR]);
    });
  });

  test('what is no regular file is no store, and opening it does not hang', async () => {
    const fifo = join(place.directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const path of [fifo, place.directory, '/dev/null']) {
      for (const readOnly of [true, false])
        expect(await errorOf(() => place.open({ path, readOnly })), path).toMatchObject({ code: 'ERR_STORE_NOT_A_STORE', path });
    }
  });

  test('errors carry code, syscall, errno, path and what to do', async () => {
    const file = place.fresh(PAGE);
    const region = file.map(0, PAGE);
    const { address, unmapped } = { address: libc().addressOf(region.bytes), unmapped: 1n << 44n };
    const cases: [call: () => unknown, syscall: string, errno: number][] = [
      [() => file.map(0, 0), 'mmap', EINVAL],
      [() => libc().msync(address + 1n, PAGE, place.path), 'msync', EINVAL],
      [() => libc().msyncAsync(unmapped, PAGE, place.path), 'msync', ENOMEM],
      [() => libc().munmap(address + 1n, PAGE, place.path), 'munmap', EINVAL],
      [() => libc().madvise(address, PAGE, 12345, place.path), 'madvise', EINVAL],
      [() => file.tryLock(0, -(2 ** 45), 'shared'), 'fcntl', EINVAL],
    ];
    for (const [call, syscall, errno] of cases) {
      const error = await errorOf(call);
      expect(error).toMatchObject({ name: 'StoreError', code: 'ERR_STORE_IO', syscall, errno, path: place.path });
      expect(error.message).toMatch(errno === EINVAL ? /EINVAL/ : /ENOMEM.*max_map_count/);
    }
    const missing = await errorOf(() => place.open({ path: join(place.directory, 'no') }));
    expect(missing.cause).toMatchObject({ code: 'ENOENT' });
  });

  test('an open file goes on after its name is gone', () => {
    const file = place.fresh(PAGE);
    unlinkSync(place.path);
    writeFileSync(place.path, 'another');
    file.allocate(PAGE, 2 * PAGE);
    expect([file.size(), file.map(PAGE, PAGE).bytes.length, file.freeSpace() > 0]).toEqual([2 * PAGE, PAGE, true]);
  });
});
