// A full disk: ERR_STORE_FULL at the moment of growing, never a SIGBUS (which would end this test's process), and it goes on as soon as there is space.
// Disks of every size are row 6 of the scorecard.

import { execFileSync } from 'node:child_process';
import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, fileKinds, placeFor } from '../../../../test/support/stores.js';

const why = process.platform !== 'linux' ? 'no tmpfs but on Linux' : process.getuid?.() !== 0 ? 'mounting a tmpfs needs root' : undefined;

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
