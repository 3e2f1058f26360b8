// A file that remembers what was synced and what was not. A power cut keeps, of every sector that was not synced, the old bytes, the new ones, or a mix.
// Deterministic: all randomness comes from the generator it is given.

import { StoreError } from '../../packages/engine/src/errors.js';
import type { MappedFile, Mapping, Region } from '../../packages/engine/src/mapping/mapping.js';

const SECTOR = 512;
const PAGE = 4096;

let files = 0;

/** Thrown by a sync at which the power goes. */
export class PowerCut extends Error {}

/** mulberry32 */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One file on one simulated disk. */
export class SimulatedDisk implements Mapping {
  readonly kind = 'simulated';
  readonly #memory: Buffer;
  #size = 0;
  #durable: Buffer = Buffer.alloc(0);
  #exists = false;
  #locked = false;
  readonly #identity: string;
  /** A power cut leaves the file its inode; give a copy another. */
  place = 'simulated place';
  readonly #fileId = `simulated file ${files++}`;
  readonly #random: () => number;
  /** Syncs that still succeed; the one after them throws. */
  syncsLeft = Number.POSITIVE_INFINITY;
  /** What the failing sync throws. */
  failure: () => Error = () => new PowerCut('cut in a sync');

  /** With the `identity` of another disk its image is that disk's page cache, as a process that died left it; without, it is what a power cut or a copy left. */
  constructor(maxBytes: number, generator: () => number, image?: Uint8Array, identity = `simulated ${Math.floor(generator() * 2 ** 32)}`) {
    this.#memory = Buffer.from(new ArrayBuffer(maxBytes));
    this.#random = generator;
    this.#identity = identity;
    if (image === undefined) return;
    this.#memory.set(image);
    this.#size = image.length;
    this.#durable = Buffer.from(image);
    this.#exists = true;
  }

  exists(): boolean {
    return this.#exists;
  }

  fileId(): string | undefined {
    return this.#exists ? this.#fileId : undefined;
  }

  create(_path: string, head: Uint8Array, size: number): boolean {
    if (this.#exists) return false;
    this.#memory.fill(0, 0, size);
    this.#memory.set(head);
    this.#size = size;
    this.#durable = Buffer.from(this.#memory.subarray(0, size));
    this.#exists = true;
    return true;
  }

  get identity(): string {
    return this.#identity;
  }

  /** The bytes as the page cache has them: what a copy of the file sees. */
  get contents(): Buffer {
    return Buffer.from(this.#memory.subarray(0, this.#size));
  }

  /** The kernel writes back some dirty sectors, as it may at any moment. */
  writeBack(share: number): void {
    this.#persist(0, this.#size, share, false);
  }

  /** What is on the disk after a power cut now: a file of its own. */
  cut(): Buffer {
    const share = [0, 1, this.#random(), this.#random() * 0.1][Math.floor(this.#random() * 4)];
    this.#persist(0, this.#size, share, true);
    return Buffer.from(this.#durable);
  }

  #persist(from: number, to: number, share: number, torn: boolean): void {
    for (let at = from - (from % SECTOR); at < to; at += SECTOR) {
      const end = Math.min(at + SECTOR, this.#size);
      const now = this.#memory.subarray(at, end);
      if (at < this.#durable.length && now.equals(this.#durable.subarray(at, end))) continue;
      if (this.#random() >= share) continue;
      // A sector past the durable end makes the file longer; what lies between is a hole, which reads as zeros.
      if (end > this.#durable.length) this.#durable = Buffer.concat([this.#durable, Buffer.alloc(end - this.#durable.length)]);
      if (torn && this.#random() < 0.2) {
        for (let word = at; word < end; word += 8) if (this.#random() < 0.5) this.#durable.set(this.#memory.subarray(word, Math.min(word + 8, end)), word);
      } else this.#durable.set(now, at);
    }
  }

  open(path: string, { readOnly }: { readOnly: boolean }): MappedFile {
    const disk = this;
    const sync = (region: Region, from: number, to: number): void => {
      const start = region.offset + from;
      const first = start - (start % PAGE);
      const last = Math.min(Math.ceil((region.offset + to) / PAGE) * PAGE, disk.#size);
      if (disk.syncsLeft <= 0) {
        disk.#persist(first, last, disk.#random(), true);
        throw disk.failure();
      }
      disk.syncsLeft--;
      disk.#persist(first, last, 1, false);
    };
    return {
      kind: 'simulated',
      path,
      readOnly,
      fileId: () => disk.#fileId,
      size: () => disk.#size,
      read: (offset, length) => Buffer.from(disk.#memory.subarray(offset, Math.min(offset + length, disk.#size))),
      allocate(from, to) {
        if (to > disk.#memory.length) throw new StoreError('ERR_STORE_FULL', 'the simulated disk is full');
        disk.#memory.fill(0, from, to);
        disk.#size = Math.max(disk.#size, to);
      },
      async allocateAsync(from, to) {
        this.allocate(from, to);
      },
      freeSpace: () => disk.#memory.length - disk.#size,
      map(offset, length): Region {
        const { buffer } = disk.#memory;
        return {
          offset,
          length,
          bytes: Buffer.from(buffer, offset, length),
          words: new Int32Array(buffer, offset, length >> 2),
          doubles: new Float64Array(buffer, offset, length >> 3),
        };
      },
      unmap() {},
      sync,
      async syncAsync(region, from, to) {
        sync(region, from, to);
      },
      tryLock() {
        if (disk.#locked) return false;
        disk.#locked = true;
        return true;
      },
      unlock() {
        disk.#locked = false;
      },
      identity: () => disk.#identity,
      place: () => disk.place,
      close() {
        disk.#locked = false;
      },
    };
  }
}
