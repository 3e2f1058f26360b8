// A full disk: ERR_STORE_FULL at the moment of growing, never a SIGBUS (which would end this test's process), and it goes on as soon as there is space.

import { execFileSync } from 'node:child_process';
import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, contentsOf, fileKinds, placeFor } from '../../../../test/support/stores.js';

const why = process.platform !== 'linux' ? 'no tmpfs but on Linux' : process.getuid?.() !== 0 ? 'mounting a tmpfs needs root' : undefined;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe.each(fileKinds)(`over %s, on a small tmpfs${why === undefined ? '' : ` (skipped: ${why})`}`, (kind) => {
  const place = placeFor(kind);
  let disk = '';
  let mounted = false;

  beforeEach((context) => {
    if (why !== undefined) context.skip(why);
  });
  afterEach(() => {
    if (mounted) execFileSync('umount', ['-l', disk]); // lazily: the store is closed after this
    mounted = false;
  });

  function mount(size: number): string {
    disk = join(place.directory, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk], { stdio: 'pipe' });
    mounted = true;
    return join(disk, 'store');
  }

  // Sizes at which growth fails at each of its steps: before the first, in the middle of one, after some segments fit.
  test.each([200_704, 262_144, 270_336, 300_000, 528_384, 1_000_000, 1_089_536])('a disk of %i bytes', async (size) => {
    const store = place.open({ segmentSize: 4096 }, mount(size));
    const expected = new Map<string, string>();
    const fill = () => {
      for (let i = 0; ; i++) {
        store.set(`key ${i}`, `${i} `.padEnd(200, 'x'));
        expected.set(`key ${i}`, `${i} `.padEnd(200, 'x'));
      }
    };
    const started = Date.now();
    expect(codeOf(fill)).toBe('ERR_STORE_FULL');
    await turn();
    expect(codeOf(fill)).toBe('ERR_STORE_FULL');
    expect(() => store.set('one more', 'x'.repeat(5000))).toThrow(/disk is full/);
    // Well under what waiting for a write that never ends would take.
    expect(Date.now() - started).toBeLessThan(2000);
    expect(contentsOf(store)).toEqual(expected);
    store.flushSync();
    expect(store.check()).toEqual([]);
    for (const key of [...expected.keys()].filter((_, i) => i % 2 === 0)) expect(store.delete(key)).toBe(expected.delete(key));
    expect(codeOf(fill)).toBe('ERR_STORE_FULL');
    expect(contentsOf(store)).toEqual(expected);
    await store.flush();
    store.close();
    // The lock is kept until a write of zeros that was on its way has ended.
    await turn();
    await turn();
    const again = place.open({}, join(disk, 'store'));
    expect(contentsOf(again)).toEqual(expected);
    again.close();
  });

  test('when others fill the disk and leave it again, the store refuses and then grows', async () => {
    const store = place.open({ segmentSize: 4096 }, mount(4 << 20));
    const filler = join(disk, 'filler');
    for (let i = 0; i < 300; i++) store.set(`key ${i}`, 'x'.repeat(200));
    expect(() => writeFileSync(filler, Buffer.alloc(8 << 20))).toThrow('ENOSPC');
    expect(
      codeOf(() => {
        for (let i = 300; ; i++) store.set(`key ${i}`, 'x'.repeat(200));
      }),
    ).toBe('ERR_STORE_FULL');
    await store.flush();
    unlinkSync(filler);
    for (let i = 300; i < 3000; i++) store.set(`key ${i}`, 'x'.repeat(200));
    expect(store.size).toBe(3000);
    expect(store.check()).toEqual([]);
    store.close();
  });

  test('a store that does not fit at all is not created', () => {
    const path = mount(65536);
    expect(codeOf(() => place.open({}, path))).toBe('ERR_STORE_FULL');
    expect(codeOf(() => place.open({ readOnly: true }, path))).toBe('ERR_STORE_IO');
  });
});
