// When the making of an entry began. `set` comes when it is done, and a tag that was revalidated in between must count as revalidated after it: what was made may
// hold what was true before. Several may be under way for one key, and `set` does not say which of them it ends. So what is kept counts, against tags, as read when
// the oldest began that may still be under way; its lifetime, which no tag depends on, begins with the newest.
// Not every beginning has an end: a rendering may fail, or be given up. Those are forgotten after a while, or all that is made later would be dated too early.

/** Milliseconds after which a beginning is forgotten, once others of its key follow. */
const TOO_LONG_AGO = 60_000;
/** Milliseconds that count as one instant, the first: a key has a few hundred of them at most, however often it is asked for. */
const SOON = 100;
const MOST_KEYS = 10_000;

interface Begun {
  at: number;
  count: number;
}

export class RenderStarts {
  /** Of each key, oldest first. */
  readonly #begun = new Map<string, Begun[]>();

  /** A read that will be followed by a making: a miss, or an entry whose time is over. */
  begin(key: string): void {
    const now = Date.now();
    const begun = (this.#begun.get(key) ?? []).filter(({ at }) => now - at < TOO_LONG_AGO);
    const last = begun.at(-1);
    // A clock that was set back makes all of them as old as it says.
    for (const one of begun) one.at = Math.min(one.at, now);
    if (last !== undefined && now - last.at < SOON) last.count++;
    else begun.push({ at: now, count: 1 });
    // The key that nothing began for longest comes first in a Map.
    this.#begun.delete(key);
    if (this.#begun.size >= MOST_KEYS) this.#begun.delete(this.#begun.keys().next().value as string);
    this.#begun.set(key, begun);
  }

  /** Of the entry that is being kept now, ms since 1970: before which nothing in it was read, and when its lifetime begins. */
  end(key: string): { readFrom: number; madeAt: number } {
    const now = Date.now();
    const begun = this.#begun.get(key);
    const last = begun?.at(-1);
    if (begun === undefined || last === undefined) return { readFrom: now, madeAt: now };
    const readFrom = Math.min(begun[0].at, now);
    // Which one has ended is not known. That the oldest goes on is the safe guess.
    if (--last.count === 0) begun.pop();
    if (begun.length === 0) this.#begun.delete(key);
    return { readFrom, madeAt: Math.min(last.at, now) };
  }
}
