// What a cache counts, in this process and in all. A read writes nothing for it: each process counts in its heap, and now and then, and when it closes, puts its
// counts into one entry of the file that all share. Of a process that died the counts since the last time are missing. The entry may be evicted like any
// other: living processes put theirs in again, what the dead left is gone.

import type { Store } from '@mapstone/engine';

export const COUNTERS = ['hits', 'misses', 'stale', 'loads', 'coalesced', 'errors', 'evictions', 'expirations'] as const;

/**
 * `hits` and `misses`: reads that found a fresh value, or none. `stale`: old values that were served. `loads`: calls of a load function. `coalesced`: calls that were
 * answered by another's load, in this or another process. `errors`: failures told by the event `error`. `evictions`, `expirations`: entries removed by this process.
 */
export type Counters = Record<(typeof COUNTERS)[number], number>;

export const noCounts = (): Counters => Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Counters;

/** The entry: counts of caches that are closed or dead, and of those that are open, by opener and number. */
interface Shared {
  total: Counters;
  open: Record<string, Counters>;
}

/** Caches made in this thread: some may share an opener. */
let made = 0;
/** Those that are open: what ends without `close` tells its counts at the exit of the process. */
const open = new Set<SharedCounters>();

function tellAtExit(counters: SharedCounters): void {
  // Before the engine's own listener, which closes the files.
  if (made === 1)
    process.prependListener('exit', () => {
      for (const one of [...open]) one.close();
    });
  open.add(counters);
}

export class SharedCounters {
  readonly own = noCounts();
  readonly #store: Store;
  readonly #name: string;
  readonly #id: string;
  readonly #timer: NodeJS.Timeout;
  #folded = JSON.stringify(noCounts());

  /** `every` ms, or Infinity for at the close only. */
  constructor(store: Store, name: string, every: number) {
    this.#store = store;
    this.#name = name;
    this.#id = `${store.opener}/${++made}`;
    this.#timer = setInterval(() => this.#fold(), Math.min(every, 2 ** 31 - 1));
    this.#timer.unref();
    tellAtExit(this);
  }

  /** Of all caches with this namespace, ever; of other processes as they told last. */
  get all(): Counters {
    const sum = noCounts();
    const { total, open } = this.#store.get<Shared>(this.#name) ?? { total: sum, open: {} };
    add(sum, total);
    for (const [id, counts] of Object.entries(open)) if (id !== this.#id) add(sum, counts);
    add(sum, this.own);
    return sum;
  }

  close(): void {
    clearInterval(this.#timer);
    open.delete(this);
    // Who has counted nothing leaves the file as it is.
    if (COUNTERS.every((name) => this.own[name] === 0)) return;
    this.#update((shared) => {
      add(shared.total, this.own);
      delete shared.open[this.#id];
    });
  }

  #fold(): void {
    const now = JSON.stringify(this.own);
    if (now === this.#folded) return;
    this.#update((shared) => {
      shared.open[this.#id] = this.own;
    });
    this.#folded = now;
  }

  #update(change: (shared: Shared) => void): void {
    try {
      this.#store.update<Shared>(this.#name, (kept) => {
        const shared = kept ?? { total: noCounts(), open: {} };
        for (const [id, counts] of Object.entries(shared.open)) {
          if (id === this.#id || this.#store.isOpenerAlive(id.slice(0, id.indexOf('/')))) continue;
          add(shared.total, counts);
          delete shared.open[id];
        }
        change(shared);
        return shared;
      });
    } catch {
      // Counts are hints: where the store can't take them, the next time may do.
    }
  }
}

function add(to: Counters, from: Partial<Counters>): void {
  for (const name of COUNTERS) to[name] += from[name] ?? 0;
}
