// A full disk is an error that can be caught, at the moment of growing, and leaves the file as it was. Never a SIGBUS at some later store.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errorOf, fileKinds, killChildren, loader, placeOf, startProcess } from './support.js';

const MiB = 1 << 20;
const { EFBIG, ENOSPC } = constants.errno;
const why = process.platform !== 'linux' ? 'no tmpfs but on Linux' : process.getuid?.() !== 0 ? 'mounting a tmpfs needs root' : undefined;

describe.each(fileKinds)('disk full under %s', (kind) => {
  const place = placeOf(kind);

  describe(`on a tmpfs of 8 MiB${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
    let disk: string;
    let path: string;
    let mounted = false;
    beforeEach((context) => {
      if (why !== undefined) context.skip(why);
      disk = join(place.directory, 'disk');
      path = join(disk, 'store');
      mkdirSync(disk);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8M', 'tmpfs', disk], { stdio: 'pipe' });
      } catch (error) {
        context.skip(`this root may not mount: ${(error as { stderr?: Buffer }).stderr}`);
      }
      mounted = true;
    });
    afterEach(() => {
      if (mounted) execFileSync('umount', ['-l', disk]); // lazily: mmap-io's pages are still mapped
      mounted = false;
    });

    test('allocate says which file system is full, and leaves the file as long as it was', async () => {
      place.mapping.create(path, Buffer.from('head'), MiB);
      const file = place.open({ path });
      const region = file.map(0, MiB);
      const error = await errorOf(() => file.allocate(MiB, 16 * MiB));
      expect(error).toMatchObject({ code: 'ERR_STORE_FULL', syscall: 'write', errno: ENOSPC, path });
      expect(error.message).toContain(`ENOSPC: the file system at ${disk} is full`);
      expect([file.size(), region.bytes.toString('latin1', 0, 4)]).toEqual([MiB, 'head']);
      file.allocate(MiB, 4 * MiB); // what does fit still does
      expect(file.size()).toBe(4 * MiB);
    });

    test('what was allocated can be stored to and synced on a disk without a byte left', () => {
      place.mapping.create(path, new Uint8Array(0), 4 * MiB);
      const file = place.open({ path });
      const filler = join(disk, 'filler');
      expect(() => writeFileSync(filler, Buffer.alloc(8 * MiB))).toThrow('ENOSPC');
      expect(file.freeSpace()).toBe(0);
      const region = file.map(0, 4 * MiB);
      region.bytes.fill(1);
      file.sync(region, 0, 4 * MiB);
      unlinkSync(filler);
      expect(file.freeSpace()).toBeGreaterThan(2 * MiB);
    });

    test('create leaves nothing behind', async () => {
      expect(await errorOf(() => place.mapping.create(path, Buffer.from('head'), 16 * MiB))).toMatchObject({ code: 'ERR_STORE_FULL', errno: ENOSPC, path });
      expect(readdirSync(disk)).toEqual([]);
      expect(place.mapping.create(path, Buffer.from('head'), 4 * MiB)).toBe(true);
    });
  });

  test('a limit on file sizes is a full disk too, and not a signal', async () => {
    place.fresh(MiB);
    const child = new URL('./child.ts', import.meta.url).pathname;
    const command = `ulimit -f 4096; exec "${process.execPath}" --import "${loader}" "${child}" allocate ${kind} "${place.path}" ${MiB} ${64 * MiB}`;
    const answer = JSON.parse(await startProcess('/bin/sh', ['-c', command]).line());
    expect(answer).toMatchObject({ code: 'ERR_STORE_FULL', syscall: 'write', errno: EFBIG, size: MiB });
    expect(answer.message).toContain('ulimit -f');
  });

  afterEach(killChildren);
});
