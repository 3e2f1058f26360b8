// LRU over objects, bounded in bytes of values. A simulator: it holds sizes, no values.
export class Lru {
  #capacity;
  #used = 0;
  /** id -> bytes; the first one was used longest ago. */
  #entries = new Map();

  /** @param {number} capacity bytes */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  /** One request of an object: whether it was there; if not, it is now, unless it is larger than the whole. */
  request(id, bytes) {
    const entries = this.#entries;
    const held = entries.get(id);
    if (held !== undefined) {
      entries.delete(id);
      entries.set(id, held);
      return true;
    }
    if (bytes > this.#capacity) return false;
    for (const [oldest, its] of entries) {
      if (this.#used + bytes <= this.#capacity) break;
      entries.delete(oldest);
      this.#used -= its;
    }
    entries.set(id, bytes);
    this.#used += bytes;
    return false;
  }
}
