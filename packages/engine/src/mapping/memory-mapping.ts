// Files in memory, by path, for every platform: nothing is written anywhere, nothing outlives the thread, and a store on one is empty after its last close.
// A file is a size and a list of blocks: memory is taken when a range is mapped that none has yet, however small the steps were that allocated it. A range
// inside one block is mapped as it is; one over several first joins them, which is only possible while none of them is mapped. Who maps each range once,
// in order, never meets that limit.

import { randomUUID } from 'node:crypto';
import { constants, freemem } from 'node:os';
import { resolve } from 'node:path';
import { StoreError } from '../errors.js';
import type { Identity, MappedFile, Mapping, Region } from './mapping.js';

interface Block {
  readonly offset: number;
  readonly buffer: ArrayBuffer;
  mapped: number;
}

interface Lock {
  readonly owner: object;
  readonly start: number;
  readonly end: number;
  readonly exclusive: boolean;
}

/** What all opens of one path share. */
interface File {
  readonly id: string;
  /** In bytes; what lies past the last block is zeros. */
  size: number;
  blocks: Block[];
  locks: Lock[];
  opens: number;
}

/** Files live while they are open, or, with `keep`, until they are removed. */
export class MemoryMapping implements Mapping {
  readonly kind = 'memory';
  readonly #files = new Map<string, File>();
  readonly #keep: boolean;

  constructor(options: { keep?: boolean } = {}) {
    this.#keep = options.keep ?? false;
  }

  exists(path: string): boolean {
    return this.#files.has(resolve(path));
  }

  fileId(path: string): string | undefined {
    return this.#files.get(resolve(path))?.id;
  }

  open(path: string, { readOnly }: { readOnly: boolean }): MappedFile {
    const name = resolve(path);
    const file = this.#files.get(name);
    if (file === undefined)
      throw new StoreError('ERR_STORE_IO', `open ${name}: no such file in memory`, { path: name, syscall: 'open', errno: constants.errno.ENOENT });
    file.opens++;
    return new MemoryFile(file, name, readOnly, () => {
      if (--file.opens === 0 && !this.#keep && this.#files.get(name) === file) this.#files.delete(name);
    });
  }

  create(path: string, head: Uint8Array, size: number): boolean {
    const name = resolve(path);
    if (this.#files.has(name)) return false;
    const block = newBlock(0, size, name);
    new Uint8Array(block.buffer).set(head);
    this.#files.set(name, { id: `memory:${randomUUID()}`, size, blocks: [block], locks: [], opens: 0 });
    return true;
  }

  /** Takes a file's name away; opens of it go on. */
  remove(path: string): boolean {
    return this.#files.delete(resolve(path));
  }
}

class MemoryFile implements MappedFile {
  readonly kind = 'memory';
  readonly path: string;
  /** Nothing guards the bytes here: the engine doesn't write to what it opened read-only. */
  readonly readOnly: boolean;
  readonly #file: File;
  readonly #onClose: () => void;
  readonly #regions = new Map<Region, Block>();
  #closed = false;

  constructor(file: File, path: string, readOnly: boolean, onClose: () => void) {
    this.#file = file;
    this.path = path;
    this.readOnly = readOnly;
    this.#onClose = onClose;
  }

  fileId(): string {
    this.#mustBeOpen();
    return this.#file.id;
  }

  size(): number {
    this.#mustBeOpen();
    return this.#file.size;
  }

  read(offset: number, length: number): Buffer {
    const copy = Buffer.alloc(Math.max(0, Math.min(length, this.size() - offset)));
    for (const { from, bytes } of pieces(this.#file, offset, offset + copy.length)) copy.set(bytes, from - offset);
    return copy;
  }

  allocate(from: number, to: number): void {
    this.#mustBeOpen();
    if (this.readOnly) throw readOnlyError(this.path, 'write');
    for (const { bytes } of pieces(this.#file, from, to)) bytes.fill(0);
    this.#file.size = Math.max(this.#file.size, to);
  }

  freeSpace(): number {
    this.#mustBeOpen();
    return freemem();
  }

  map(offset: number, length: number): Region {
    const size = this.size();
    if (offset + length > size) throw new RangeError(`${this.path}: [${offset}, ${offset + length}) is not inside the file of ${size} bytes`);
    const block = this.#blockWith(offset, offset + length);
    const at = offset - block.offset;
    const region: Region = {
      offset,
      length,
      bytes: Buffer.from(block.buffer, at, length),
      words: new Int32Array(block.buffer, at, length >> 2),
      doubles: new Float64Array(block.buffer, at, length >> 3),
    };
    block.mapped++;
    this.#regions.set(region, block);
    return region;
  }

  unmap(region: Region): void {
    const block = this.#regions.get(region);
    if (block === undefined) return;
    this.#regions.delete(region);
    block.mapped--;
  }

  sync(): void {
    this.#mustBeOpen();
  }

  async syncAsync(): Promise<void> {
    this.#mustBeOpen();
  }

  async prefault(): Promise<void> {}

  /** As the kernel's: conflicts only with other opens; what this one held of the range is replaced. */
  tryLock(start: number, length: number, mode: 'shared' | 'exclusive'): boolean {
    this.#mustBeOpen();
    const exclusive = mode === 'exclusive';
    if (exclusive && this.readOnly) throw readOnlyError(this.path, 'fcntl');
    const end = start + length;
    const taken = this.#file.locks.some((lock) => lock.owner !== this && lock.start < end && start < lock.end && (exclusive || lock.exclusive));
    if (taken) return false;
    this.#release(start, end);
    this.#file.locks.push({ owner: this, start, end, exclusive });
    return true;
  }

  unlock(start: number, length: number): void {
    this.#mustBeOpen();
    this.#release(start, start + length);
  }

  isLocked(start: number, length: number): boolean {
    this.#mustBeOpen();
    return this.#file.locks.some((lock) => lock.owner !== this && lock.start < start + length && start < lock.end);
  }

  identity(): Identity {
    this.#mustBeOpen();
    return this.#file.id;
  }

  place(): string {
    return this.identity();
  }

  close(): void {
    if (this.#closed) return;
    for (const region of [...this.#regions.keys()]) this.unmap(region);
    this.#release(0, Infinity);
    this.#closed = true;
    this.#onClose();
  }

  /** Drops this open's locks on `[start, end)`, keeping what sticks out on either side. */
  #release(start: number, end: number): void {
    this.#file.locks = this.#file.locks.flatMap((lock) => {
      if (lock.owner !== this || lock.end <= start || end <= lock.start) return [lock];
      const rests = [];
      if (lock.start < start) rests.push({ ...lock, end: start });
      if (end < lock.end) rests.push({ ...lock, start: end });
      return rests;
    });
  }

  #blockWith(from: number, to: number): Block {
    const { blocks } = this.#file;
    const parts = blocks.filter((block) => block.offset < to && from < endOf(block));
    if (parts.length === 1 && to <= endOf(parts[0])) return parts[0];
    if (parts.some((block) => block.mapped > 0)) {
      const message = `${this.path}: [${from}, ${to}) spans parts that are mapped already: map them one by one`;
      throw new StoreError('ERR_STORE_IO', message, { path: this.path, syscall: 'mmap' });
    }
    // Blocks leave no gaps: one that nothing has yet begins where the last one ends.
    const offset = parts[0]?.offset ?? endOf(blocks[blocks.length - 1]);
    const whole = newBlock(offset, Math.max(to, ...parts.map(endOf)) - offset, this.path);
    for (const part of parts) new Uint8Array(whole.buffer).set(new Uint8Array(part.buffer), part.offset - offset);
    blocks.splice(parts.length > 0 ? blocks.indexOf(parts[0]) : blocks.length, parts.length, whole);
    return whole;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new StoreError('ERR_STORE_CLOSED', `${this.path} is closed`, { path: this.path });
  }
}

/** What the kernel says to writing, or locking exclusively, through a read-only descriptor. */
function readOnlyError(path: string, syscall: string): StoreError {
  const message = `${syscall} ${path}: EBADF: opened read-only: open it for writing, or take shared locks only`;
  return new StoreError('ERR_STORE_IO', message, { path, syscall, errno: constants.errno.EBADF });
}

function newBlock(offset: number, length: number, path: string): Block {
  try {
    return { offset, buffer: new ArrayBuffer(length), mapped: 0 };
  } catch (cause) {
    throw new StoreError('ERR_STORE_FULL', `${path}: no ${length} bytes of memory left: set a smaller maxSize, or use a file`, { cause, path });
  }
}

function endOf({ offset, buffer }: Block): number {
  return offset + buffer.byteLength;
}

/** The bytes of `[from, to)` as far as blocks have them, block by block. */
function* pieces({ blocks }: File, from: number, to: number): Generator<{ from: number; bytes: Uint8Array }> {
  for (const { offset, buffer } of blocks) {
    const start = Math.max(from, offset);
    const end = Math.min(to, offset + buffer.byteLength);
    if (start < end) yield { from: start, bytes: new Uint8Array(buffer, start - offset, end - start) };
  }
}
