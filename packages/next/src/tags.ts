// When each tag was revalidated, in a store that every process maps: what one process notes is seen by the next read of any other.
// Instants in milliseconds since 1970. What was made in the very millisecond of a revalidation counts as made before it.
import { KEEP, type Store } from '@mapstone/engine';
import type { TagDurations } from './contract.js';

interface Revalidated {
  /** What was made up to then is served once more, and made again in the background. */
  stale?: number;
  /** What was made up to then is gone. */
  expired?: number;
  /** What was made up to `upTo` will be gone at `from`. */
  expiring?: { upTo: number; from: number };
}

/** `stale` is served once more, and made again in the background. */
export type Judgement = 'fresh' | 'stale' | 'expired';

/** Not a tag: those have a prefix. */
const ALL = 'all';
const nameOf = (tag: string) => `tag:${tag}`;
const NEVER: Revalidated = {};
/** Most pages have tags that were never revalidated; so many of them are known without a look into the file. */
const MOST_KNOWN = 10_000;
/** Tags looked at for each that comes while there are too many. */
const A_FEW = 100;

export class Tags {
  readonly #store: Store;
  /** What was read of tags, and the version of the file that it was read from. */
  readonly #known = new Map<string, Revalidated>();
  #version = Number.NaN;
  readonly #mostBytes: number;
  /** Through the tags, and whether it has removed any. */
  #round: Generator<string> | undefined;
  #removed = false;

  /** Tags take `mostBytes`, well below the size of the store: past it there must still be room to note what takes their place. */
  constructor(store: Store, mostBytes: number) {
    this.#store = store;
    this.#mostBytes = mostBytes;
  }

  /** What has become of an entry that was made at `timestamp`, by the worst of its tags. */
  judge(timestamp: number, ...lists: readonly (readonly string[] | undefined)[]): Judgement {
    const now = Date.now();
    if (timestamp <= expiredBy(this.#read(ALL), now)) return 'expired';
    let judged: 'fresh' | 'stale' = 'fresh';
    for (const list of lists) {
      for (const tag of list ?? []) {
        const revalidated = this.#read(nameOf(tag));
        if (timestamp <= expiredBy(revalidated, now)) return 'expired';
        if (timestamp <= (revalidated.stale ?? 0)) judged = 'stale';
      }
    }
    return judged;
  }

  /** What was made up to then is gone because of one of these tags; 0 if none was revalidated. */
  expiration(tags: readonly string[]): number {
    const now = Date.now();
    return Math.max(...[ALL, ...tags.map(nameOf)].map((name) => expiredBy(this.#read(name), now)));
  }

  /** Resolves when it is durable: a power cut must not bring back what was revalidated. */
  async revalidate(tags: readonly string[], durations?: TagDurations): Promise<void> {
    const now = Date.now();
    for (const name of new Set(tags.map(nameOf))) {
      if (this.#store.stats().liveBytes > this.#mostBytes) this.#makeRoom(now);
      // Each by itself, on what is there: another process may revalidate the same one now.
      this.#store.update<Revalidated>(name, (before = {}) => next(before, now, durations));
    }
    await this.#store.flush();
  }

  /**
   * More tags than there should be: all that was made so far is taken for revalidated, and then the tags from before that say nothing more. In this order, or a
   * process killed in between would have forgotten them; and some for each tag that comes, or one revalidation would wait for seconds.
   */
  #makeRoom(now: number): void {
    const covered = this.#read(ALL).expired ?? 0;
    for (let looked = 0; looked < A_FEW; looked++) {
      const { done, value: name } = (this.#round ??= this.#store.keys({ prefix: nameOf('') })).next();
      if (done) {
        this.#round = undefined;
        if (!this.#removed) this.#store.update<Revalidated>(ALL, (before) => ({ expired: Math.max(now, before?.expired ?? 0) }));
        this.#removed = false;
        return;
      }
      // In one step: another process may revalidate it now.
      const left = this.#store.update<Revalidated>(name, (before) => (before === undefined || latest(before) > covered ? KEEP : undefined));
      if (left === undefined) this.#removed = true;
    }
  }

  /** What was read stays known until anything in the file changes. */
  #read(name: string): Revalidated {
    const version = this.#store.dataVersion;
    if (version !== this.#version || this.#known.size > MOST_KNOWN) {
      this.#known.clear();
      this.#version = version;
    }
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const read = this.#store.get<Revalidated>(name) ?? NEVER;
    this.#known.set(name, read);
    return read;
  }
}

function latest({ stale = 0, expired = 0, expiring }: Revalidated): number {
  return Math.max(stale, expired, expiring?.upTo ?? 0);
}

function expiredBy({ expired = 0, expiring }: Revalidated, now: number): number {
  return expiring !== undefined && expiring.from <= now ? Math.max(expired, expiring.upTo) : expired;
}

function next(before: Revalidated, now: number, durations: TagDurations | undefined): Revalidated {
  const expired = expiredBy(before, now);
  const delay = durations === undefined ? 0 : durations.expire;
  if (delay !== undefined && delay <= 0) return { expired: now };
  const ahead = before.expiring !== undefined && before.expiring.from > now ? before.expiring.from : Number.POSITIVE_INFINITY;
  const from = Math.min(ahead, delay === undefined ? Number.POSITIVE_INFINITY : now + delay * 1000);
  return { stale: now, expired, ...(from === Number.POSITIVE_INFINITY ? {} : { expiring: { upTo: now, from } }) };
}
