// Every error code of the engine, and the one class that carries them. Codes are API; messages are free to change and say what to do.

export type StoreErrorCode =
  | 'ERR_STORE_BUSY' // another process holds a lock, or changes what is read, for longer than busyTimeout
  | 'ERR_STORE_CLOSED' // the store was closed
  | 'ERR_STORE_CORRUPT' // bytes in the file are damaged
  | 'ERR_STORE_EXISTS' // a backup would overwrite something
  | 'ERR_STORE_FULL' // maxSize or the disk is full and there is nothing to clean
  | 'ERR_STORE_IO' // a system call failed; `syscall` and `errno` say which
  | 'ERR_STORE_LOCKED' // another process or thread has the store open for itself alone, or this one asked to be alone
  | 'ERR_STORE_MODE' // a cache opened as a store, or a store as a cache
  | 'ERR_STORE_NEEDS_RECOVERY' // opened read-only, but a writer must open it first
  | 'ERR_STORE_NOT_A_STORE' // the file is something else
  | 'ERR_STORE_POISONED' // a sync failed: the store is read-only until reopened
  | 'ERR_STORE_READONLY' // a write on a read-only store
  | 'ERR_STORE_VERSION' // another version of the format
  | 'ERR_KEY_INVALID' // not a string, empty, or longer than 65,535 bytes
  | 'ERR_VALUE_INVALID' // a value that can't be stored
  | 'ERR_VALUE_TOO_LARGE' // over 1 GiB, or over what the store can ever hold
  | 'ERR_OPTION_INVALID' // an option out of its range
  | 'ERR_PLATFORM_UNSUPPORTED'; // no mapping loads on this platform

interface Details {
  cause?: unknown;
  path?: string;
  syscall?: string;
  errno?: number | undefined;
}

/** An error of the store. `code` is stable; `cause` is what lay beneath, where something did. */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
  readonly code: StoreErrorCode;
  declare readonly path?: string;
  declare readonly syscall?: string;
  declare readonly errno?: number;

  constructor(code: StoreErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.path !== undefined) this.path = details.path;
    if (details.syscall !== undefined) this.syscall = details.syscall;
    if (details.errno !== undefined) this.errno = details.errno;
  }
}

/** Misuse by the caller: a `TypeError` with a stable code. */
export function typeError(code: StoreErrorCode, message: string, cause?: unknown): TypeError {
  return Object.assign(new TypeError(message, cause === undefined ? undefined : { cause }), { code });
}

/** A number out of its range: a `RangeError` with a stable code. */
export function rangeError(code: StoreErrorCode, message: string): RangeError {
  return Object.assign(new RangeError(message), { code });
}
