// One file whose bytes the test gives, and may change under the engine: for images that were damaged, cut off or copied. It has no disk below it: what is
// stored is there, and a sync does nothing. Opening it again and again costs next to nothing.

import { StoreError } from '../../packages/engine/src/errors.js';
import type { MappedFile, Mapping, Region } from '../../packages/engine/src/mapping/mapping.js';

export class ImageMapping implements Mapping {
  readonly kind = 'simulated';
  readonly #memory: Buffer;
  #size = 0;
  #loads = 0;
  #opens = 0;
  /** What the engine takes for boot, device and inode. Another one: a copy, or after a power cut. */
  identity = 'image';
  /** What it takes for the inode alone. Another one: a copy. */
  place = 'image place';
  /** Most bytes that were ever asked for in one call: what is read from a damaged file must not decide that. */
  largestRequest = 0;
  /** Asked before each allocation: whether it fails, as on a full disk. */
  isFull: () => boolean = () => false;

  /** The file can grow to `maxBytes`; then its disk is full. */
  constructor(maxBytes: number) {
    this.#memory = Buffer.from(new ArrayBuffer(maxBytes));
  }

  /** From here on the file has these bytes. */
  load(...parts: Uint8Array[]): this {
    let size = 0;
    for (const part of parts) {
      this.#memory.set(part, size);
      size += part.length;
    }
    if (this.#size > size) this.#memory.fill(0, size, this.#size);
    this.#size = size;
    this.#loads++; // another file: the thread may still have the last one open
    return this;
  }

  /** The file's own bytes, not a copy. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#size);
  }

  exists(): boolean {
    return this.#size > 0 || this.#loads > 0;
  }

  fileId(): string | undefined {
    return this.exists() ? `image ${this.#loads}` : undefined;
  }

  create(_path: string, head: Uint8Array, size: number): boolean {
    if (this.exists()) return false;
    this.load(head, Buffer.alloc(size - head.length));
    return true;
  }

  open(path: string, { readOnly }: { readOnly: boolean }): MappedFile {
    const image = this;
    const fileId = `image ${this.#loads}`;
    const open = ++this.#opens;
    const request = (bytes: number) => {
      image.largestRequest = Math.max(image.largestRequest, bytes);
      return bytes;
    };
    return {
      kind: 'simulated',
      path: `${path} (open ${open})`,
      readOnly,
      fileId: () => fileId,
      size: () => image.#size,
      read: (offset, length) => Buffer.from(image.#memory.subarray(Math.min(offset, image.#size), Math.min(offset + request(length), image.#size))),
      allocate(from, to) {
        request(to - from);
        if (image.isFull() || to > image.#memory.length) throw new StoreError('ERR_STORE_FULL', 'the disk of this image is full');
        image.#memory.fill(0, from, to);
        image.#size = Math.max(image.#size, to);
      },
      freeSpace: () => (image.isFull() ? 0 : image.#memory.length - image.#size),
      map(offset, length): Region {
        if (offset + request(length) > image.#size) throw new RangeError(`[${offset}, ${offset + length}) is not inside the image of ${image.#size} bytes`);
        const { buffer } = image.#memory;
        return {
          offset,
          length,
          bytes: Buffer.from(buffer, offset, length),
          words: new Int32Array(buffer, offset, length >> 2),
          doubles: new Float64Array(buffer, offset, length >> 3),
        };
      },
      unmap() {},
      sync() {},
      async syncAsync() {},
      async prefault() {},
      tryLock: () => true,
      unlock() {},
      isLocked: () => false,
      identity: () => image.identity,
      place: () => image.place,
      close() {},
    };
  }
}
