// Entries that this process has read, as objects, so that the next hit decodes nothing; what Next's own handler has its memory for. An object is known by the
// expiry of its entry, which differs between any two sets of a key: whichever process wrote, what is replaced or gone is never served. It counts bytes, where the
// engine's own objectCache counts entries: one page may be as large as a thousand others.
import { LRUCache } from 'lru-cache';

interface Held {
  expiresAt: number;
  value: object;
}

/** Never, with room for the fractions that tell two entries apart. */
const NEVER = Date.UTC(3000, 0);
const SPREAD = 2 ** 40;

/** An expiry that is not the one before: that instant, up to a millisecond later, or, if it is never or further, one in a thousand years. */
export function distinctExpiry(expiresAt: number | undefined, before: number | undefined): number {
  const drawn = expiresAt === undefined || expiresAt >= NEVER ? NEVER + Math.random() * SPREAD : expiresAt + Math.random();
  return drawn === before ? distinctExpiry(expiresAt, before) : drawn;
}

export class Memory {
  readonly #held: LRUCache<string, Held> | undefined;

  /** At most so many bytes, as far as they can be told; 0 for none. */
  constructor(bytes: number) {
    if (bytes > 0) this.#held = new LRUCache({ maxSize: bytes, sizeCalculation: ({ value }) => sizeOf(value) });
  }

  get(name: string, expiresAt: number): object | undefined {
    const held = this.#held?.get(name);
    return held !== undefined && held.expiresAt === expiresAt ? held.value : undefined;
  }

  keep(name: string, expiresAt: number, value: object): void {
    this.#held?.set(name, { expiresAt, value });
  }

  drop(name: string): void {
    this.#held?.delete(name);
  }
}

/** About what a value takes in memory: its texts and bytes, and a little for each of its parts. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 20 + value.length;
  if (typeof value !== 'object' || value === null) return 10;
  if (ArrayBuffer.isView(value)) return 100 + value.byteLength;
  let size = 50;
  for (const [key, part] of value instanceof Map ? value : Object.entries(value)) size += sizeOf(key) + sizeOf(part);
  return size;
}
