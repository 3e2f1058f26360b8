// One of Next's `cacheHandlers`, for 'use cache'. Entries come and go as streams; they are kept as bytes, and each read gets a stream of its own.
import { buffer } from 'node:stream/consumers';
import { CacheFile, nameOf } from './cache-file.js';
import type { CacheEntry, TagDurations } from './contract.js';
import type { NextCacheOptions } from './options.js';

interface Kept {
  madeAt: number;
  bytes: Uint8Array;
  rest: Omit<CacheEntry, 'value' | 'timestamp'>;
}

const KIND = 'cached';

/** An object for `cacheHandlers` in next.config: the default export of the module named there. */
export function createUseCacheHandler(options?: NextCacheOptions) {
  const file = new CacheFile(options);
  /** Entries whose stream is still being read, by key. */
  const pending = new Map<string, Promise<void>>();

  async function keep(key: string, entry: CacheEntry): Promise<void> {
    const { value, timestamp, ...rest } = entry;
    // Next takes it from a clock of its own, with fractions, which may be ahead of the one that tags are noted by; and a millisecond counts as a whole.
    const madeAt = Math.min(Math.floor(timestamp), Date.now());
    const bytes = await buffer(value);
    // An entry without a lifetime is made again for each read, and so is one that was revalidated while it was made.
    if (rest.expire <= 0 || file.judge(madeAt, rest.tags) === 'expired') return;
    file.set(nameOf(KIND, key), { madeAt, bytes, rest } satisfies Kept, madeAt + rest.expire * 1000, bytes.length);
  }

  return {
    async get(key: string, softTags: string[] = []): Promise<CacheEntry | undefined> {
      const waiting = pending.get(key);
      if (waiting !== undefined) await waiting;
      const kept = file.get<Kept>(nameOf(KIND, key));
      if (kept === undefined) return undefined;
      const { bytes, madeAt: timestamp, rest } = kept;
      const judged = file.judge(timestamp, rest.tags, softTags);
      if (judged === 'expired') return undefined;
      // Below zero it is served this once more, and made again in the background.
      const revalidate = judged === 'stale' ? -1 : rest.revalidate;
      // Field by field: a spread of what was decoded takes two microseconds, a sixth of a hit.
      return { value: streamOf(bytes), tags: rest.tags, stale: rest.stale, timestamp, expire: rest.expire, revalidate };
    },

    async set(key: string, pendingEntry: Promise<CacheEntry>): Promise<void> {
      // A stream that breaks keeps nothing; whoever made it hears of it from Next.
      const kept = pendingEntry.then((entry) => keep(key, entry)).catch(() => {});
      pending.set(key, kept);
      await kept;
      // A later set of the key may have taken its place.
      if (pending.get(key) === kept) pending.delete(key);
    },

    /** Nothing to fetch: the tags are in memory that all processes share. */
    async refreshTags(): Promise<void> {},

    async getExpiration(tags: string[]): Promise<number> {
      return file.expiration(tags);
    },

    async updateTags(tags: string[], durations?: TagDurations): Promise<void> {
      if (tags.length > 0) await file.revalidate(tags, durations);
    },
  };
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}
