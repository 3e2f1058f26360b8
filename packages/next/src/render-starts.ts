// When the making of an entry began. `set` comes when it is done, and a tag that was revalidated in between must count as revalidated after it: what was
// made may hold what was true before. So an entry is dated at the miss that led to it.

/** Longer ago, the miss led to nothing that was kept. */
const TOO_LONG_AGO = 60_000;
const MOST = 10_000;

export class RenderStarts {
  readonly #started = new Map<string, number>();

  /** A read that will be followed by a making: a miss, or an entry whose time is over. */
  begin(key: string): void {
    const now = Date.now();
    const before = this.#started.get(key);
    if (before !== undefined && now - before < TOO_LONG_AGO) return;
    // The oldest comes first in a Map.
    if (this.#started.size >= MOST) this.#started.delete(this.#started.keys().next().value as string);
    this.#started.delete(key);
    this.#started.set(key, now);
  }

  /** A read that is answered. */
  forget(key: string): void {
    if (this.#started.size > 0) this.#started.delete(key);
  }

  /** When the entry that is being kept now was begun, ms since 1970. */
  end(key: string): number {
    const started = this.#started.get(key);
    this.#started.delete(key);
    return Math.min(started ?? Number.POSITIVE_INFINITY, Date.now());
  }
}
