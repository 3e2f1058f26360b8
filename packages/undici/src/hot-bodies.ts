// Bodies that were asked for lately, in this process's own memory: copying a body out of the file costs more than all the rest of a hit.
// They are never stale: a body's key is made anew for each response, and the key comes from the file at every request.
export class HotBodies {
  readonly #bodies = new Map<string, Buffer>();
  readonly #max: number;
  #bytes = 0;

  /** `max` in bytes; 0 keeps none. */
  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): Buffer | undefined {
    const body = this.#bodies.get(key);
    if (body === undefined) return undefined;
    // To the end of the order, from whose start they leave.
    this.#bodies.delete(key);
    this.#bodies.set(key, body);
    return body;
  }

  /** Of a key that is not there. */
  add(key: string, body: Buffer): void {
    if (body.byteLength > this.#max) return;
    this.#bodies.set(key, body);
    this.#bytes += body.byteLength;
    for (const [oldest, { byteLength }] of this.#bodies) {
      if (this.#bytes <= this.#max) break;
      this.#bodies.delete(oldest);
      this.#bytes -= byteLength;
    }
  }

  clear(): void {
    this.#bodies.clear();
    this.#bytes = 0;
  }
}
