// Options: what is wrong with them is said at once, with a code, and no file is made.

import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../../../../test/support/stores.js';
import { openStore, type StoreOptions } from '../../src/index.js';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mapstone-'));
  path = join(directory, 'store');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const MiB = 1 << 20;
const bad: [unknown, ErrorConstructor | RangeErrorConstructor, RegExp][] = [
  [{ segmentSize: 2048 }, RangeError, /power of two from 4096 to 16777216/],
  [{ segmentSize: 32 * MiB }, RangeError, /power of two/],
  [{ segmentSize: 5000 }, RangeError, /not 5000/],
  [{ segmentSize: -4096 }, RangeError, /power of two/],
  [{ segmentSize: Number.NaN }, RangeError, /power of two/],
  [{ segmentSize: '4096' }, RangeError, /power of two/],
  [{ segmentSize: null }, RangeError, /power of two/],
  [{ segmentSize: 4096n }, RangeError, /power of two/],
  [{ maxSize: 16 * MiB - 1 }, RangeError, /at least 16777216 bytes \(16 segments of 1048576\)/],
  [{ maxSize: 65535, segmentSize: 4096 }, RangeError, /at least 65536 bytes \(16 segments of 4096\)/],
  [{ maxSize: 0 }, RangeError, /at least/],
  [{ maxSize: -1 }, RangeError, /at least/],
  [{ maxSize: Number.NaN }, RangeError, /at least/],
  [{ maxSize: 2 ** 36 + 1 }, RangeError, /at most 68719476736/],
  [{ maxSize: '64MB' }, RangeError, /number of bytes, not 64MB/],
  [{ flush: 'sometimes' }, RangeError, /'manual', 'always'/],
  [{ flush: null }, RangeError, /'manual', 'always'/],
  [{ flush: {} }, RangeError, /every: ms/],
  [{ flush: { every: 0 } }, RangeError, /1 to 2147483647/],
  [{ flush: { every: 2 ** 31 } }, RangeError, /1 to 2147483647/],
  [{ flush: { every: Number.NaN } }, RangeError, /every: ms/],
  [{ flush: { every: '5' } }, RangeError, /every: ms/],
  [{ eviction: 'lru' }, RangeError, /'none' or 's3-fifo', not lru/],
  [{ eviction: 's3-fifo' }, TypeError, /needs a maxSize/],
  [{ eviction: 's3-fifo', maxSize: MiB, flush: 'always' }, TypeError, /flush is for a store/],
  [{ eviction: 's3-fifo', maxSize: MiB, maxEntries: 0 }, RangeError, /maxEntries is an integer of at least 1, not 0/],
  [{ eviction: 's3-fifo', maxSize: MiB, sweepInterval: 0 }, RangeError, /sweepInterval is 1 to/],
  [{ eviction: 's3-fifo', maxSize: MiB, onEvict: 1 }, TypeError, /onEvict is a function/],
  [{ eviction: 's3-fifo', maxSize: MiB - 1 }, RangeError, /at least 1048576 bytes/],
  [{ maxEntries: 5 }, TypeError, /maxEntries is for a cache/],
  [{ mode: 0o400 }, RangeError, /mode is a number from 0o600/],
  [{ mode: 0o1600 }, RangeError, /to 0o777/],
  [{ mode: '600' }, RangeError, /not 600/],
  [{ mapping: 'mmap' }, RangeError, /mmap-io, koffi, memory, not mmap/],
  [{ mapping: null }, RangeError, /mapping is one of/],
  [{ mapping: 'constructor' }, RangeError, /mapping is one of/],
  [{ readOnly: 1 }, TypeError, /readOnly is a boolean/],
  [{ verifyReads: 'yes' }, TypeError, /verifyReads is a boolean/],
  [{ onRecovery: {} }, TypeError, /onRecovery is a function/],
  [{ maxsize: MiB }, TypeError, /no option 'maxsize'; it has maxSize/],
  [null, TypeError, /options is an object/],
  ['4096', TypeError, /options is an object/],
];

describe('openStore refuses', () => {
  test.each(bad)('%o', (options, type, message) => {
    const attempt = () => openStore(path, options as StoreOptions);
    expect(attempt).toThrow(type);
    expect(attempt).toThrow(message);
    expect(codeOf(attempt)).toBe('ERR_OPTION_INVALID');
    expect(existsSync(path)).toBe(false);
  });

  test.each([undefined, '', 5, null, Buffer.from('x'), 'a\0b', 'directory/'])('%o as a path', (wrong) => {
    expect(() => openStore(wrong as string)).toThrow(TypeError);
    expect(codeOf(() => openStore(wrong as string))).toBe('ERR_OPTION_INVALID');
  });

  test('a path whose directory does not exist, with what to do', () => {
    expect(() => openStore(join(directory, 'no', 'store'))).toThrow(
      expect.objectContaining({ code: 'ERR_STORE_IO', message: expect.stringContaining('ENOENT') }),
    );
  });

  test('to create a file read-only', () => {
    expect(codeOf(() => openStore(path, { readOnly: true }))).toBe('ERR_STORE_IO');
    expect(() => openStore(path, { readOnly: true })).toThrow(/with readOnly the file too$/);
    expect(existsSync(path)).toBe(false);
  });
});

describe('openStore takes', () => {
  test.each<[StoreOptions]>([
    [{}],
    [{ segmentSize: 4096, maxSize: 65536 }],
    [{ segmentSize: 16 * MiB }],
    [{ maxSize: 16 * MiB }],
    [{ maxSize: 2 ** 36 }],
    [{ flush: 'manual' }],
    [{ flush: 'always' }],
    [{ flush: { every: 1 } }],
    [{ flush: { every: 2 ** 31 - 1 } }],
    [{ eviction: 'none', mode: 0o640, mapping: 'memory', verifyReads: true, readOnly: false, onRecovery: () => undefined }],
    [
      {
        maxSize: undefined,
        segmentSize: undefined,
        flush: undefined,
        mapping: undefined,
        mode: undefined,
        eviction: undefined,
        readOnly: undefined,
        onRecovery: undefined,
      },
    ],
  ])('%o', (options) => {
    const store = openStore(path, options);
    store.set('a', 1);
    expect(store.get('a')).toBe(1);
    expect(store.stats()).toMatchObject({ segmentSize: options.segmentSize ?? MiB, recovery: 'created' });
    expect(store.check()).toEqual([]);
    store.close();
  });

  test('mode for the file and its backups; an existing file keeps its own', () => {
    const umask = process.umask(0);
    const permissions = (of: string) => (statSync(of).mode & 0o777).toString(8);
    try {
      const store = openStore(path, { mode: 0o660 });
      store.backup(`${path}.backup`);
      store.close();
      openStore(path, { mode: 0o600 }).close();
      openStore(`${path}.other`).close();
    } finally {
      process.umask(umask);
    }
    expect([path, `${path}.backup`, `${path}.other`].map(permissions)).toEqual(['660', '660', '600']);
  });

  test("an existing file's own segment size, whatever is asked for; and maxSize is held against that", () => {
    openStore(path, { segmentSize: 65536 }).close();
    const store = openStore(path, { segmentSize: 4096 });
    expect(store.stats().segmentSize).toBe(65536);
    store.close();
    expect(() => openStore(path, { segmentSize: 4096, maxSize: 65536 })).toThrow(/at least 1048576 bytes \(16 segments of 65536\)/);
  });

  test('a smaller maxSize than the file has: what is there stays, and it grows no more', () => {
    const big = openStore(path, { segmentSize: 4096 });
    for (let i = 0; i < 1000; i++) big.set(`key ${i}`, 'x'.repeat(400));
    big.close();
    const store = openStore(path, { segmentSize: 4096, maxSize: 65536 });
    const { fileSize } = store.stats();
    expect(store.size).toBe(1000);
    expect(
      codeOf(() => {
        for (let i = 0; i < 2000; i++) store.set(`more ${i}`, 'x'.repeat(400));
      }),
    ).toBe('ERR_STORE_FULL');
    expect(store.stats().fileSize).toBe(fileSize);
    expect(store.check()).toEqual([]);
    store.close();
  });
});
