// The patch to mmap-io (patches/): what the published one gets wrong. The mapping's own contract is tested with the engine.
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { hasCompiler, whyNoMmapIo } from './toolchain.mjs';

const why = whyNoMmapIo();
const engine = new URL('../../packages/engine/src/index.ts', import.meta.url);
const dir = mkdtempSync(join(tmpdir(), 'mapstone-mmap-io-'));
const path = join(dir, 'sparse');
const READ_WRITE = 3;
const SHARED = 1;
const GiB = 2 ** 30;

test('mmap-io loads wherever there is a compiler', (ctx) => {
  if (!hasCompiler()) ctx.skip('mmap-io: no compiler on the PATH');
  expect(why).toBeUndefined();
});

describe('mmap-io, patched', () => {
  beforeEach((ctx) => {
    if (why && !hasCompiler()) ctx.skip('mmap-io: no compiler on the PATH');
  });

  function open() {
    const mmapIo = createRequire(engine)('mmap-io');
    const fd = openSync(path, 'w+');
    ftruncateSync(fd, 9 * GiB);
    const byteAt = (offset: number) => {
      const byte = Buffer.alloc(1);
      readSync(fd, byte, 0, 1, offset);
      return byte[0];
    };
    return { mmapIo, fd, byteAt };
  }

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test.each([2 ** 31, 2 ** 32, 2 ** 32 + 4096, 2 ** 33])('an offset of %d maps that offset', (offset) => {
    const { mmapIo, fd, byteAt } = open();
    mmapIo.map(4096, READ_WRITE, SHARED, fd, offset)[0] = 7;
    expect([byteAt(offset), byteAt(0), byteAt(offset % 2 ** 32)]).toEqual([7, 0, offset % 2 ** 32 === offset ? 7 : 0]);
    closeSync(fd);
  });

  test.each([2 ** 31 - 4096, 2 ** 31, 2 ** 31 + 4096, 2 ** 32])('a size of %d maps that many bytes, synced and advised at the end', (size) => {
    const { mmapIo, fd, byteAt } = open();
    const buffer = mmapIo.map(size, READ_WRITE, SHARED, fd, 4096);
    expect(buffer.length).toBe(size);
    buffer[size - 1] = 9;
    mmapIo.sync(buffer, size - 4096, 4096, true);
    mmapIo.advise(buffer, size - 4096, 4096, mmapIo.MADV_WILLNEED);
    mmapIo.sync(buffer, size - 8192);
    expect(byteAt(size + 4095)).toBe(9);
    closeSync(fd);
  });

  test.each([-1, -4096, 0.5, 2 ** 53, 2 ** 64, Number.NaN, Number.POSITIVE_INFINITY])('a size or an offset of %d is refused', (number) => {
    const { mmapIo, fd } = open();
    const buffer = mmapIo.map(8192, READ_WRITE, SHARED, fd, 0);
    expect(() => mmapIo.map(number, READ_WRITE, SHARED, fd, 0)).toThrow(RangeError);
    expect(() => mmapIo.map(4096, READ_WRITE, SHARED, fd, number)).toThrow(RangeError);
    expect(() => mmapIo.advise(buffer, number, 4096, mmapIo.MADV_WILLNEED)).toThrow(RangeError);
    closeSync(fd);
  });

  test('a range that leaves the buffer is refused', () => {
    const { mmapIo, fd } = open();
    const buffer = mmapIo.map(8192, READ_WRITE, SHARED, fd, 0);
    expect(() => mmapIo.sync(buffer, 4096, 8192, true)).toThrow(RangeError);
    expect(() => mmapIo.sync(buffer, -4096, 4096, true)).toThrow(RangeError);
    expect(() => mmapIo.advise(buffer, 8192, 1, mmapIo.MADV_DONTNEED)).toThrow(RangeError);
    closeSync(fd);
  });

  test('loads in several worker threads, whose mappings are the same memory', async () => {
    const { mmapIo, fd } = open();
    const buffer = mmapIo.map(4096, READ_WRITE, SHARED, fd, 2 ** 32);
    const source = `
      const { workerData: { engine, path, at } } = require('node:worker_threads');
      const mmapIo = require('node:module').createRequire(engine)('mmap-io');
      mmapIo.map(4096, 3, 1, require('node:fs').openSync(path, 'r+'), 2 ** 32)[at] = at + 1;`;
    const exits = [0, 1, 2].map(
      (at) =>
        new Promise((resolve, reject) => {
          new Worker(source, { eval: true, workerData: { engine: engine.href, path, at } }).on('error', reject).on('exit', resolve);
        }),
    );
    expect(await Promise.all(exits)).toEqual([0, 0, 0]);
    expect([...buffer.subarray(0, 3)]).toEqual([1, 2, 3]);
    closeSync(fd);
  });
});
