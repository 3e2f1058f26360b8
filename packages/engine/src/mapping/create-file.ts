// Making a file all or nothing: whoever finds it at its name finds it whole, also after a power cut, and a file that is already there is never replaced.
// On Linux every name is looked up in the one directory that was opened and found to be local: a link that somebody swaps meanwhile leads nowhere else.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { refuseRemote } from './file-system.js';
import { fromNode, io } from './system-error.js';
import { writeZeros } from './zeros.js';

/** Codes of link(2) that mean: this file system has no hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** See `Mapping.create`. A crash in the middle leaves at most a `.mapstone-*.tmp` beside it. */
export function createFile(path: string, head: Uint8Array, size: number, mode = 0o600): boolean {
  if (present(path)) return false;
  const target = throughLinks(path);
  const fd = io(path, () => openSync(dirname(target), constants.O_RDONLY | constants.O_DIRECTORY));
  const directory = byDescriptor(fd) ?? dirname(target);
  const temporary = join(directory, `.mapstone-${randomBytes(8).toString('hex')}.tmp`);
  try {
    refuseRemote(directory, path);
    writeWhole(temporary, head, size, mode);
    if (!give(temporary, join(directory, basename(target)))) return false;
    syncDirectory(fd);
    return true;
  } catch (error) {
    throw fromNode(error, path);
  } finally {
    removeIfThere(temporary);
    closeSync(fd);
  }
}

/** A path to what an open descriptor is of, whatever has become of its name; `undefined` where the system has none. */
export function byDescriptor(fd: number): string | undefined {
  const path = `/proc/self/fd/${fd}`;
  return process.platform === 'linux' && present(path) ? path : undefined;
}

/** Whether `path` leads to anything; a dangling symbolic link does not. */
export function present(path: string): boolean {
  return io(path, () => statSync(path, { throwIfNoEntry: false })) !== undefined;
}

/** Where a dangling symbolic link points: link(2) would find the link itself in its way. */
function throughLinks(path: string): string {
  let target = path;
  for (let hops = 0; hops < 40; hops++) {
    const directory = io(target, () => realpathSync(dirname(resolve(target)))); // before any `..` is taken off by its name alone
    const place = join(directory, basename(target));
    const entry = io(place, () => lstatSync(place, { throwIfNoEntry: false }));
    if (!entry?.isSymbolicLink()) return place;
    target = resolve(directory, readlinkSync(place));
  }
  return target;
}

function writeWhole(path: string, head: Uint8Array, size: number, mode: number): void {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, mode); // the kernel takes the umask off
  try {
    for (let at = 0; at < head.length; ) at += writeSync(fd, head, at, head.length - at, at);
    writeZeros(fd, head.length, size);
    fsyncSync(fd); // before the name exists: a name must never lead to missing bytes
  } finally {
    closeSync(fd);
  }
}

/** Gives the file its name unless it is taken. The temporary name may remain. */
export function give(temporary: string, target: string): boolean {
  try {
    linkSync(temporary, target);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.has(code ?? '')) throw error;
  }
  // Without hard links two creators at the same moment are told apart by a look only: the later one would win.
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) return false;
  renameSync(temporary, target);
  return true;
}

export function syncDirectory(fd: number): void {
  try {
    fsyncSync(fd);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error; // EINVAL: this file system has no such thing
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Renamed, or never made; an error here must not hide the one under way.
  }
}
