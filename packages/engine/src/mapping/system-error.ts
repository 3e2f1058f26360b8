// A failed system call as a StoreError: which call, which errno, on which path, and what to do about it.

import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, resolve } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { StoreError } from '../errors.js';

const { EACCES, EBADF, EDQUOT, EFBIG, EIO, EISDIR, EMFILE, ENFILE, ENODEV, ENOENT, ENOLCK, ENOMEM, ENOSPC, ENOTDIR, EPERM, EROFS } = constants.errno;

const advice = new Map<number, string>([
  [EACCES, 'check the permissions of the file and its directory, or open it readOnly'],
  [EBADF, 'opened read-only: open it for writing, or take shared locks only'],
  [EIO, 'the disk may be failing: look at the system log, and keep a backup'],
  [EMFILE, 'this process has too many open files: close some or raise `ulimit -n`'],
  [ENFILE, 'the machine has too many open files: close some'],
  [ENODEV, 'this file system can not map files: put the store on a local disk'],
  [ENOENT, 'check the path: its directory must exist, and with readOnly the file too'],
  [ENOLCK, 'this file system has no locks left, or none at all: put the store on a local disk'],
  [ENOMEM, 'out of memory or mappings: look at `ulimit -v` and vm.max_map_count'],
  [ENOTDIR, 'a part of the path is not a directory'],
  [EPERM, 'check the permissions, and whether the file is immutable or append-only'],
  [EROFS, 'the file system is mounted read-only: open the store readOnly'],
]);

const full = new Map<number, string>([
  [ENOSPC, 'is full: free some space, set a smaller maxSize, or move the store'],
  [EDQUOT, 'has no quota left for this user: free some space, raise the quota, or set a smaller maxSize'],
  [EFBIG, 'takes no larger file (or `ulimit -f` forbids it): raise the limit or set a smaller maxSize'],
]);

/** The directory where the file system of `path` is mounted: as far up as the device stays the same, and can be looked at. */
export function mountPoint(path: string): string {
  let place = resolve(path);
  let device: number | undefined;
  try {
    for (;;) {
      const up = dirname(place);
      device ??= statSync(place, { throwIfNoEntry: false })?.dev;
      if (up === place || (device !== undefined && statSync(up, { throwIfNoEntry: false })?.dev !== device)) return place;
      place = up;
    }
  } catch {
    return place; // this only words an error, it must not replace it
  }
}

/** `errno` is positive, as in C. */
export function systemError(syscall: string, errno: number, path: string, cause?: unknown): StoreError {
  const name = errno > 0 ? getSystemErrorName(-errno) : 'unknown errno';
  const details = { cause, path, syscall, errno };
  const whyFull = full.get(errno);
  if (whyFull !== undefined) return new StoreError('ERR_STORE_FULL', `${syscall} ${path}: ${name}: the file system at ${mountPoint(path)} ${whyFull}`, details);
  const what = advice.get(errno);
  // A directory where the file should be is not a failure of the machine.
  if (errno === EISDIR) return new StoreError('ERR_STORE_NOT_A_STORE', `${path} is a directory, not a store: name a file`, details);
  return new StoreError('ERR_STORE_IO', `${syscall} ${path}: ${name} (errno ${errno})${what === undefined ? '' : `: ${what}`}`, details);
}

/** Runs `call` of node:fs; what it throws becomes a StoreError. */
export function io<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromNode(error, path);
  }
}

/** An error of node:fs as a StoreError; anything else stays what it is. */
export function fromNode(error: unknown, path: string): unknown {
  const { errno, syscall } = error as NodeJS.ErrnoException;
  return typeof errno === 'number' && typeof syscall === 'string' ? systemError(syscall, -errno, path, error) : error;
}
