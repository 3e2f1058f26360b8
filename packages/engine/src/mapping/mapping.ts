// The narrow seam between the engine and the machine: map a range of a file, sync a range, allocate, lock.
// Everything below it can be swapped: mmap-io, koffi, memory, and the simulated one of the tests.
// Not here: what the bytes mean. No view of a region ever leaves the engine, because a read after `unmap` kills the process.

export type MappingKind = 'mmap-io' | 'koffi' | 'memory' | 'simulated';

/** One mapped range of a file. The three views share the same bytes; `offset` is the range's place in the file, in bytes. */
export interface Region {
  readonly offset: number;
  readonly length: number;
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
}

/** What tells "the memory of this file is as the last process left it" from "this is another disk, boot or copy". */
export type Identity = string;

/** An open file of one mapping. Offsets and lengths are in bytes. All throw `StoreError` (`ERR_STORE_IO`, or `ERR_STORE_FULL` when the disk is full). */
export interface MappedFile {
  readonly kind: MappingKind;
  readonly path: string;
  readonly readOnly: boolean;
  /** The `Mapping.fileId` of this file, whatever its path leads to by now. */
  fileId(): string;
  /** The file's length now. */
  size(): number;
  /** A private copy of a range, read without mapping it; shorter at the end of the file. */
  read(offset: number, length: number): Buffer;
  /** Really allocates `[from, to)` by writing zeros (64 KiB at a time) and extends the file to `to`. Throws `ERR_STORE_FULL` on ENOSPC/EDQUOT. */
  allocate(from: number, to: number): void;
  /** Bytes the file system can still give to this file. */
  freeSpace(): number;
  /** Maps `[offset, offset + length)`, which must lie inside the file. `offset` is a multiple of 4096. */
  map(offset: number, length: number): Region;
  /** Ends a mapping. Its views must not be touched again. */
  unmap(region: Region): void;
  /** Makes bytes `[from, to)` of the region durable (msync with MS_SYNC; on macOS F_FULLFSYNC too). Blocks. Rounds out to whole pages. */
  sync(region: Region, from: number, to: number): void;
  /** The same, off the event loop. */
  syncAsync(region: Region, from: number, to: number): Promise<void>;
  /**
   * Has the pages of bytes `[from, to)` of the region put in place for storing, partly off the event loop: what stores there first then waits for no page fault. A help that changes nothing
   * and never fails; resolves when it is done, or when there is none to be had.
   */
  prefault(region: Region, from: number, to: number): Promise<void>;
  /**
   * Takes a kernel lock on `length` bytes at `start` of the lock range (bytes past any file's end), without waiting:
   * released when the process dies, held per open file, so two opens in one process exclude each other.
   */
  tryLock(start: number, length: number, mode: 'shared' | 'exclusive'): boolean;
  unlock(start: number, length: number): void;
  /** Whether another open of the file, in any process, holds a lock on any of these bytes. */
  isLocked(start: number, length: number): boolean;
  /** Boot id, device, inode, birth time and, where it can be read, the disk's sequence number, as one string. */
  identity(): Identity;
  /** Inode and birth time as one string: what a file keeps over restarts and renames, and no copy of it shares. */
  place(): string;
  /** Unlocks and closes; regions still mapped are unmapped. */
  close(): void;
}

/** How files of one kind are created and opened. */
export interface Mapping {
  readonly kind: MappingKind;
  /** Whether `path` exists (a dangling symbolic link counts as absent). */
  exists(path: string): boolean;
  /** One string for one file, whatever path leads to it; `undefined` if there is none. */
  fileId(path: string): string | undefined;
  open(path: string, options: { readOnly: boolean }): MappedFile;
  /**
   * Makes a new file of `size` bytes that begins with `head` and is zero after it, all or nothing: written beside `path`, synced, linked into place, and the
   * directory synced. Returns false, and changes nothing, if `path` came to exist meanwhile. Its permissions are `mode & ~umask`; 0o600 unless given.
   */
  create(path: string, head: Uint8Array, size: number, mode?: number): boolean;
}
