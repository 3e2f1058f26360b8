// S3-FIFO over objects, bounded in bytes of values. A simulator: it holds sizes, no values. Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache
// eviction", SOSP 2023, with the choices of its authors' libCacheSim: two reads in the small queue lead to the main one, and until the first eviction what
// the small queue has no room for goes to the main queue.

const SMALL_SHARE = 0.1;
/** Bytes of the objects remembered, as a share of the capacity. */
const GHOST_SHARE = 0.9;
const READS_TO_MAIN = 2;
const MOST_READS = 3;

/** Objects in the order in which they came. */
class Fifo {
  bytes = 0;
  objects = new Map();

  push(id, object) {
    this.objects.set(id, object);
    this.bytes += object.bytes;
  }

  /** Takes an object out, wherever it is. */
  take(id) {
    const object = this.objects.get(id);
    if (object === undefined) return undefined;
    this.objects.delete(id);
    this.bytes -= object.bytes;
    return object;
  }

  shift() {
    const { done, value: id } = this.objects.keys().next();
    return done ? undefined : { id, object: this.take(id) };
  }
}

export class S3Fifo {
  #capacity;
  #small = new Fifo();
  #main = new Fifo();
  #ghost = new Fifo();
  #hasEvicted = false;

  /** @param {number} capacity bytes */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  get #smallCapacity() {
    return this.#capacity * SMALL_SHARE;
  }

  holds(id) {
    return this.#small.objects.has(id) || this.#main.objects.has(id);
  }

  /** One request of an object: whether it was there; if not, it is now, unless it is as large as the small queue. */
  request(id, bytes) {
    const object = this.#small.objects.get(id) ?? this.#main.objects.get(id);
    if (object !== undefined) {
      object.reads = Math.min(object.reads + 1, MOST_READS);
      return true;
    }
    const isRemembered = this.#ghost.take(id) !== undefined;
    if (bytes >= this.#smallCapacity) return false;
    while (this.#small.bytes + this.#main.bytes + bytes > this.#capacity) this.#evict();
    const isFilling = !this.#hasEvicted && this.#small.bytes >= this.#smallCapacity;
    const queue = isRemembered || isFilling ? this.#main : this.#small;
    queue.push(id, { bytes, reads: 0 });
    return false;
  }

  #evict() {
    this.#hasEvicted = true;
    const isMain = this.#small.bytes === 0 || this.#main.bytes > this.#capacity - this.#smallCapacity;
    if (isMain) this.#evictFromMain();
    else this.#evictFromSmall();
  }

  /** Until one goes; the others move to the main queue. */
  #evictFromSmall() {
    for (let first = this.#small.shift(); first !== undefined; first = this.#small.shift()) {
      const { id, object } = first;
      if (object.reads < READS_TO_MAIN) {
        this.#remember(id, object);
        return;
      }
      object.reads = 0;
      this.#main.push(id, object);
    }
  }

  /** Until one goes; the others go round again, with a read less. */
  #evictFromMain() {
    for (let first = this.#main.shift(); first !== undefined; first = this.#main.shift()) {
      const { id, object } = first;
      if (object.reads === 0) return;
      object.reads--;
      this.#main.push(id, object);
    }
  }

  #remember(id, { bytes }) {
    const most = this.#capacity * GHOST_SHARE;
    if (bytes > most) return;
    while (this.#ghost.bytes + bytes > most) this.#ghost.shift();
    this.#ghost.push(id, { bytes });
  }
}
