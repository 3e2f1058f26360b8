// Which boot, disk and file this is, so that the next opener knows whether the page cache still holds what the last one wrote.
// Never the mount id: it differs between containers on one file, and can equal for two files.

import { randomUUID } from 'node:crypto';
import { fstatSync, readFileSync } from 'node:fs';
import { libc } from './libc.js';
import type { Identity } from './mapping.js';
import { io } from './system-error.js';

/** Two equal strings: the same file of the same disk within one boot. */
export function identityOf(fd: number, path: string): Identity {
  const { dev, ino, birthtimeNs } = io(path, () => fstatSync(fd, { bigint: true }));
  return `boot=${bootId()} dev=${dev} ino=${ino} birth=${birthtimeNs} disk=${diskSequence(dev)}`;
}

/** Equal only for one file, in any boot. The device's number may change from boot to boot, so it counts only where no birth time is known. */
export function placeOf(fd: number, path: string): string {
  const { dev, ino, birthtimeNs } = io(path, () => fstatSync(fd, { bigint: true }));
  return birthtimeNs > 0n ? `ino=${ino} birth=${birthtimeNs}` : `ino=${ino} dev=${dev}`;
}

/** Without a boot id nothing can prove that memory is intact, so it is made up: equal to no other. */
function bootId(): string {
  const id = process.platform === 'darwin' ? libc().sysctl('kern.bootsessionuuid') : firstLine('/proc/sys/kernel/random/boot_id');
  return id || `unknown-${randomUUID()}`;
}

/** Linux 5.15+: a number no two disks of one boot share, also if one takes another's place. Empty where there is none (tmpfs, btrfs, macOS). */
function diskSequence(dev: bigint): string {
  if (process.platform !== 'linux') return '';
  // The bits of dev_t as glibc and musl spread them.
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  const device = `/sys/dev/block/${major}:${minor}`;
  return firstLine(`${device}/diskseq`) ?? firstLine(`${device}/../diskseq`) ?? ''; // a partition's disk is its parent
}

function firstLine(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').split('\n', 1)[0];
  } catch {
    return undefined;
  }
}
