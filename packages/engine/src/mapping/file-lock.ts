// Kernel locks on byte ranges that the kernel releases when the process dies: open file description locks (fcntl F_OFD_SETLK).
// Plain fcntl locks would not do: closing any descriptor of the file drops them, and two opens in one process would not exclude each other.

import { closeSync, openSync } from 'node:fs';
import { libc } from './libc.js';
import { io } from './system-error.js';

const mac = process.platform === 'darwin';
const F_OFD_SETLK = mac ? 90 : 37;
const F_OFD_GETLK = mac ? 92 : 36;
const TYPES = mac ? { shared: 1, exclusive: 3, none: 2 } : { shared: 0, exclusive: 1, none: 2 };
/** Lock bytes lie past any file's end, so they never meet a byte that mandatory locks or another program could mean. */
const LOCK_BASE = 2 ** 40;

/** The lock range of one open file. */
export class FileLock {
  readonly #path: string;
  /** Of its own: a mapping pins the open file it was made from, and with it that file's locks, even after close. */
  readonly fd: number;

  /** `flags` as for the file itself: an exclusive lock needs a writable descriptor, so a read-only one takes only shared locks. */
  constructor(path: string, flags: number) {
    this.#path = path;
    this.fd = io(path, () => openSync(path, flags));
  }

  tryLock(start: number, length: number, mode: 'shared' | 'exclusive'): boolean {
    return libc().setLock(this.fd, F_OFD_SETLK, flock(TYPES[mode], LOCK_BASE + start, length), this.#path);
  }

  unlock(start: number, length: number): void {
    libc().setLock(this.fd, F_OFD_SETLK, flock(TYPES.none, LOCK_BASE + start, length), this.#path);
  }

  /** Whether another open file holds a lock on the range. Asking takes nothing. */
  isLocked(start: number, length: number): boolean {
    const asked = flock(TYPES.exclusive, LOCK_BASE + start, length);
    libc().setLock(this.fd, F_OFD_GETLK, asked, this.#path);
    // The kernel writes into it the first lock that is in the way, or that there is none.
    return asked.readInt16LE(TYPE_AT) !== TYPES.none;
  }

  /** Unlocks first: a child forked at this very moment may hold a copy of the descriptor. */
  close(): void {
    try {
      this.unlock(0, 0); // length 0: to the end of everything
    } finally {
      io(this.#path, () => closeSync(this.fd));
    }
  }
}

const TYPE_AT = mac ? 20 : 0;

/** struct flock: 64-bit Linux {short type, short whence, 4 bytes, off_t start, off_t len, pid}; macOS {off_t start, off_t len, pid, short type, short whence}. */
function flock(type: number, start: number, length: number): Buffer {
  const words = new BigInt64Array(4); // in the machine's own byte order
  const shorts = new Int16Array(words.buffer);
  words[mac ? 0 : 1] = BigInt(start);
  words[mac ? 1 : 2] = BigInt(length);
  shorts[TYPE_AT >> 1] = type; // whence 0 is SEEK_SET; the pid must be 0
  return Buffer.from(words.buffer);
}
