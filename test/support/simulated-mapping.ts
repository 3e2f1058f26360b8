// A file on a disk that remembers what was synced and what was not, and shows what a power cut can leave.
// The model. The kernel writes a dirty sector back when it likes, any version of it, in any order; at a cut a sector that was not synced is old, new,
// or torn between two words. The file's length reaches the disk apart from the data; what was never written reads as zeros. A sync that fails has written some
// sectors, and the kernel takes all of its pages for clean: they stay off the disk until they are stored to again.
// Deterministic: all randomness comes from the generator it is given.

import { StoreError } from '../../packages/engine/src/errors.js';
import type { MappedFile, Mapping, Region } from '../../packages/engine/src/mapping/mapping.js';
import { sharedBytes } from './shared-bytes.js';

export { random } from './random.js';

export const SECTOR = 512;
const PAGE = 4096;
/** Aligned words do not tear. */
const WORD = 8;

let files = 0;

/** Thrown by a sync at which the power goes. */
export class PowerCut extends Error {}

/** What happens inside the engine's calls. A store of a word is a moment where the mapping is trapped. */
export type Moment = 'before sync' | 'after sync' | 'allocate' | 'store';

/** One file on one simulated disk. */
export class SimulatedDisk implements Mapping {
  readonly kind = 'simulated';
  /** What processes see; what the kernel takes for written; what is on the disk. */
  readonly #memory: Buffer;
  readonly #clean: Buffer;
  readonly #durable: Buffer;
  /** Pages that were stored to, though their bytes may be the same. */
  readonly #stored: Uint8Array;
  #size = 0;
  #durableSize = 0;
  #exists = false;
  #locks: { owner: object; start: number; end: number; exclusive: boolean }[] = [];
  #identity: string;
  /** A power cut leaves the file its inode; give a copy another. */
  place = 'simulated place';
  #fileId = `simulated file ${files++}`;
  readonly #random: () => number;
  /** Syncs that still succeed; the one after them throws, and no other. */
  syncsLeft = Number.POSITIVE_INFINITY;
  /** Allocations that still succeed; those after them find the disk full. */
  allocationsLeft = Number.POSITIVE_INFINITY;
  /** What the failing sync throws. */
  failure: () => Error = () => new PowerCut('cut in a sync');
  /** Syncs ever asked for. */
  syncs = 0;
  /** Called inside the engine's calls: a place to cut the power or to write back. */
  onMoment: ((moment: Moment) => void) | undefined;
  /** Asynchronous syncs wait for `land()`. */
  isSlow = false;
  readonly #underWay: (() => void)[] = [];

  /** With the `identity` of another disk its image is that disk's page cache, as a process that died left it; without, it is what a power cut or a copy left. */
  constructor(maxBytes: number, generator: () => number, image?: Uint8Array, identity = `simulated ${Math.floor(generator() * 2 ** 32)}`) {
    this.#memory = Buffer.from(new ArrayBuffer(maxBytes));
    this.#clean = Buffer.alloc(maxBytes);
    this.#durable = Buffer.alloc(maxBytes);
    this.#stored = new Uint8Array(Math.ceil(maxBytes / PAGE));
    this.#random = generator;
    this.#identity = identity;
    if (image !== undefined) this.load(image, identity);
  }

  /** Makes this disk a new one that holds `image`. No store may be open on it. */
  load(image: Uint8Array, identity: string): void {
    const most = Math.max(this.#size, this.#durableSize);
    for (const buffer of [this.#memory, this.#clean, this.#durable]) {
      buffer.set(image);
      if (most > image.length) buffer.fill(0, image.length, most);
    }
    this.#stored.fill(0);
    this.#size = this.#durableSize = image.length;
    this.#exists = true;
    this.#locks = [];
    this.#identity = identity;
    this.#fileId = `simulated file ${files++}`;
    this.syncsLeft = this.allocationsLeft = Number.POSITIVE_INFINITY;
    this.onMoment = undefined;
    this.isSlow = false;
    this.#underWay.length = 0;
  }

  /** Nothing of the file is on the disk yet: it was copied, and not synced. */
  forgetSynced(): void {
    this.#durable.fill(0);
    this.#durableSize = 0;
    this.#stored.fill(1, 0, Math.ceil(this.#size / PAGE));
  }

  exists(): boolean {
    return this.#exists;
  }

  fileId(): string | undefined {
    return this.#exists ? this.#fileId : undefined;
  }

  create(_path: string, head: Uint8Array, size: number): boolean {
    if (this.#exists) return false;
    const image = Buffer.alloc(size);
    image.set(head);
    const { onMoment, isSlow, syncsLeft, allocationsLeft } = this;
    this.load(image, this.#identity);
    Object.assign(this, { onMoment, isSlow, syncsLeft, allocationsLeft });
    return true;
  }

  get identity(): string {
    return this.#identity;
  }

  get size(): number {
    return this.#size;
  }

  /** The bytes as the page cache has them: what a copy of the file sees. */
  get contents(): Buffer {
    return Buffer.from(this.#memory.subarray(0, this.#size));
  }

  /** The same memory and disk, after the process that had the file open died. What that process still does is not seen here. */
  afterDeath(): SimulatedDisk {
    const other = new SimulatedDisk(this.#memory.length, this.#random, undefined, this.#identity);
    this.#memory.copy(other.#memory);
    this.#clean.copy(other.#clean);
    this.#durable.copy(other.#durable);
    other.#stored.set(this.#stored);
    other.#size = this.#size;
    other.#durableSize = this.#durableSize;
    other.#exists = this.#exists;
    Object.assign(other, { place: this.place, syncs: this.syncs, syncsLeft: this.syncsLeft, allocationsLeft: this.allocationsLeft, failure: this.failure });
    return other;
  }

  /** A word of the file, as processes see it now. */
  double(offset: number): number {
    return this.#memory.readDoubleLE(offset);
  }

  /** A half word. */
  word(offset: number): number {
    return this.#memory.readInt32LE(offset);
  }

  /** The kernel writes back some dirty sectors, as it may at any moment. */
  writeBack(share: number): void {
    for (const page of this.#dirtyPages(0, this.#size)) {
      for (const at of this.#differing(page, this.#durable)) {
        if (this.#random() >= share) continue;
        const end = Math.min(at + SECTOR, this.#size);
        this.#memory.copy(this.#durable, at, at, end);
        this.#durableSize = Math.max(this.#durableSize, end);
        // Its bytes may come to be what they were: it is not what the disk has, all the same.
        this.#stored[page / PAGE] = 1;
      }
    }
    if (this.#random() < share) this.#durableSize = this.#someLength();
  }

  /** Bytes were stored to, perhaps what they were: then their pages are dirty all the same. */
  store(from: number, to: number): void {
    this.#stored.fill(1, Math.floor(from / PAGE), Math.ceil(to / PAGE));
    this.onMoment?.('store');
  }

  /** Sectors that a power cut could leave as they are or as they were: where each starts. */
  unsynced(): number[] {
    const sectors: number[] = [];
    for (const page of this.#dirtyPages(0, this.#size)) sectors.push(...this.#differing(page, this.#durable));
    return sectors;
  }

  /** What is on the disk after a power cut now: a file of its own. This disk goes on as if nothing had happened. */
  cut(): Buffer {
    const next = this.#random;
    const share = [0, 1, next(), next() * 0.1][Math.floor(next() * 4)];
    const torn = next() < 0.5 ? 0.2 : 0;
    const length = this.#someLength();
    const image = Buffer.alloc(this.#size);
    this.#durable.copy(image, 0, 0, this.#durableSize);
    let end = length;
    for (const page of this.#dirtyPages(0, this.#size)) {
      for (const at of this.#differing(page, this.#durable)) {
        if (next() >= share) continue;
        const sectorEnd = Math.min(at + SECTOR, this.#size);
        if (next() >= torn) this.#memory.copy(image, at, at, sectorEnd);
        else for (let word = at; word < sectorEnd; word += WORD) if (next() < 0.5) this.#memory.copy(image, word, word, Math.min(word + WORD, sectorEnd));
        end = Math.max(end, sectorEnd);
      }
    }
    return image.subarray(0, end);
  }

  /** What is on the disk when just these of the `unsynced` sectors were written back. */
  cutWith(sectors: readonly number[]): Buffer {
    const image = Buffer.alloc(this.#size);
    this.#durable.copy(image, 0, 0, this.#durableSize);
    let end = this.#durableSize;
    for (const at of sectors) {
      const sectorEnd = Math.min(at + SECTOR, this.#size);
      this.#memory.copy(image, at, at, sectorEnd);
      end = Math.max(end, sectorEnd);
    }
    return image.subarray(0, end);
  }

  /** The length that is durable, all of it, or something between. */
  #someLength(): number {
    const more = this.#size - this.#durableSize;
    if (more === 0) return this.#size;
    const dice = this.#random() * 3;
    return dice < 1 ? this.#durableSize : dice < 2 ? this.#size : this.#durableSize + Math.floor((this.#random() * more) / SECTOR) * SECTOR;
  }

  *#dirtyPages(from: number, to: number): Generator<number> {
    for (let page = from - (from % PAGE); page < to; page += PAGE) {
      if (this.#stored[page / PAGE] !== 0 || this.#memory.compare(this.#clean, page, page + PAGE, page, page + PAGE) !== 0) yield page;
    }
  }

  /** Sectors of a page whose bytes are not those of `other`, or which its length does not reach. */
  *#differing(page: number, other: Buffer): Generator<number> {
    for (let at = page; at < page + PAGE && at < this.#size; at += SECTOR) {
      if (at >= this.#durableSize || this.#memory.compare(other, at, at + SECTOR, at, at + SECTOR) !== 0) yield at;
    }
  }

  #sync(from: number, to: number): void {
    this.syncs++;
    this.#endSync(from, to);
  }

  #endSync(from: number, to: number): void {
    this.onMoment?.('before sync');
    const first = from - (from % PAGE);
    const last = Math.min(Math.ceil(to / PAGE) * PAGE, this.#size);
    const pages = [...this.#dirtyPages(first, last)];
    if (this.syncsLeft <= 0) {
      const share = this.#random();
      for (const page of pages) {
        for (const at of this.#differing(page, this.#durable)) {
          if (this.#random() >= share) continue;
          this.#memory.copy(this.#durable, at, at, Math.min(at + SECTOR, this.#size));
          this.#durableSize = Math.max(this.#durableSize, Math.min(at + SECTOR, this.#size));
        }
        this.#markClean(page);
      }
      // Once: who tries again is told that all is well.
      this.syncsLeft = Number.POSITIVE_INFINITY;
      throw this.failure();
    }
    this.syncsLeft--;
    this.#write(pages);
    this.#durableSize = Math.max(this.#durableSize, last);
    this.onMoment?.('after sync');
  }

  #write(pages: readonly number[]): void {
    for (const page of pages) {
      const end = Math.min(page + PAGE, this.#size);
      this.#memory.copy(this.#durable, page, page, end);
      this.#durableSize = Math.max(this.#durableSize, end);
      this.#markClean(page);
    }
  }

  #markClean(page: number): void {
    this.#memory.copy(this.#clean, page, page, Math.min(page + PAGE, this.#size));
    this.#stored[page / PAGE] = 0;
  }

  /** Ends the asynchronous syncs that are under way. */
  land(): void {
    for (const end of this.#underWay.splice(0)) end();
  }

  /** A page is written as it is at the call or as it is at the end: a store in between may be in it or not. */
  async #syncSlowly(from: number, to: number): Promise<void> {
    this.syncs++;
    this.onMoment?.('before sync');
    for (let page = from - (from % PAGE); page < to && this.syncsLeft > 0; page += PAGE)
      if (this.#random() < 0.5) this.#write([...this.#dirtyPages(page, page + 1)]);
    await new Promise<void>((resolve) => this.#underWay.push(resolve));
    this.#endSync(from, to);
  }

  #allocate(from: number, to: number): void {
    if (this.allocationsLeft <= 0 || to > this.#memory.length) throw new StoreError('ERR_STORE_FULL', 'the simulated disk is full');
    this.allocationsLeft--;
    this.#memory.fill(0, from, to);
    this.#stored.fill(1, Math.floor(from / PAGE), Math.ceil(to / PAGE));
    this.#size = Math.max(this.#size, to);
    this.onMoment?.('allocate');
  }

  open(path: string, { readOnly }: { readOnly: boolean }): MappedFile {
    const disk = this;
    const owner = {};
    return {
      kind: 'simulated',
      path,
      readOnly,
      fileId: () => disk.#fileId,
      size: () => disk.#size,
      read: (offset, length) => Buffer.from(disk.#memory.subarray(offset, Math.min(offset + length, disk.#size))),
      allocate: (from, to) => disk.#allocate(from, to),
      freeSpace: () => (disk.allocationsLeft > 0 ? disk.#memory.length - disk.#size : 0),
      map(offset, length): Region {
        const { buffer } = disk.#memory;
        return {
          offset,
          length,
          bytes: sharedBytes(buffer, offset, length),
          words: new Int32Array(buffer, offset, length >> 2),
          doubles: new Float64Array(buffer, offset, length >> 3),
        };
      },
      unmap() {},
      sync: (region, from, to) => disk.#sync(region.offset + from, region.offset + to),
      async syncAsync(region, from, to) {
        if (disk.isSlow) await disk.#syncSlowly(region.offset + from, region.offset + to);
        else disk.#sync(region.offset + from, region.offset + to);
      },
      async prefault() {},
      tryLock(start, length, mode) {
        const end = start + length;
        const exclusive = mode === 'exclusive';
        if (disk.#locks.some((lock) => lock.owner !== owner && lock.start < end && start < lock.end && (exclusive || lock.exclusive))) return false;
        disk.#locks.push({ owner, start, end, exclusive });
        return true;
      },
      unlock: (start, length) => disk.#unlock(owner, start, start + length),
      isLocked: (start, length) => disk.#locks.some((lock) => lock.owner !== owner && lock.start < start + length && start < lock.end),
      identity: () => disk.#identity,
      place: () => disk.place,
      close: () => disk.#unlock(owner, 0, Number.POSITIVE_INFINITY),
    };
  }

  /** Locks are taken and given back byte range by byte range, always the same ones. */
  #unlock(owner: object, start: number, end: number): void {
    this.#locks = this.#locks.filter((lock) => lock.owner !== owner || lock.start < start || lock.end > end);
  }
}
