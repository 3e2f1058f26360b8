// On which file systems a store may live. An allow-list: on a network or cluster file system a shared mapping is not coherent between machines, and locks lie.

import { statfsSync } from 'node:fs';
import { StoreError } from '../errors.js';
import { libc } from './libc.js';
import { io } from './system-error.js';

const local = new Map<number, string>([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0xca451a4e, 'bcachefs'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
  [0x794c7630, 'overlayfs'],
  [0xf15f, 'ecryptfs'],
  [0x3153464a, 'jfs'],
  [0x3434, 'nilfs2'],
  [0x52654973, 'reiserfs'],
  [0x2011bab0, 'exfat'],
  [0x4d44, 'vfat'],
  [0x7366746e, 'ntfs3'],
  [0x482b, 'hfsplus'],
]);

const refused = new Map<number, string>([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x65735546, 'FUSE (sshfs, s3fs, virtiofs and others)'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x47504653, 'GPFS'],
  [0x5346414f, 'AFS'],
]);

/** `undefined` if a store may live on it, else what it is. Magic numbers are those of Linux's statfs. */
export function refusal(magic: number): string | undefined {
  const unsigned = magic >>> 0; // s390x and others hand it over signed
  if (local.has(unsigned)) return undefined;
  return refused.get(unsigned) ?? `an unknown file system (magic 0x${unsigned.toString(16)})`;
}

/** Throws `ERR_PLATFORM_UNSUPPORTED` if `place`, which must exist, lies on a file system that is not known to be local. `path` is what an error calls it. */
export function refuseRemote(place: string, path = place): void {
  let what: string | undefined;
  if (process.platform === 'linux') {
    what = refusal(io(path, () => statfsSync(place).type));
  } else {
    const { name, local } = libc().fileSystem(place); // macOS numbers its file systems as they load, so ask for the flag
    what = local ? undefined : name;
  }
  if (what === undefined) return;
  const why = "machines that share a file do not see each other's memory";
  throw new StoreError('ERR_PLATFORM_UNSUPPORTED', `${path} lies on ${what}: ${why}. Put the store on a local disk, a container volume or tmpfs`, { path });
}

/** Bytes an unprivileged process can still write to the file system of `path`. */
export function freeSpace(path: string): number {
  const { bavail, bsize } = io(path, () => statfsSync(path));
  return bavail * bsize;
}
