// The file behind both handlers: entries in one store, which may lose any of them, and tags in another, which may lose none. A cache never fails a request:
// what goes wrong with an entry is told to `onError` and reads as a miss. Tags are the exception, since a revalidation that was not noted is stale data.
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { openStore, type Store, type StoreOptions } from '@mapstone/engine';
import type { TagDurations } from './contract.js';
import { type NextCacheOptions, readOptions } from './options.js';
import { makeRoom } from './room.js';
import { type Judgement, Tags } from './tags.js';

/** After a failed opening the next one is tried so many ms later. A revalidation does not wait: it must be noted. */
const RETRY = 5000;
/** Tags are a few dozen bytes each; past this, see Tags. */
const TAGS_SIZE = { maxSize: 2 ** 24, segmentSize: 2 ** 16 };
/** Longer keys are kept by their digest: those of 'use cache' hold a function's arguments. */
const LONGEST_KEY = 1024;

/** One of the two files, opened when it is first needed. Between tries that fail there is some time. */
class Opening<Opened> {
  readonly #open: () => Opened;
  #opened: Opened | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(open: () => Opened) {
    this.#open = open;
  }

  get isDue(): boolean {
    return this.#opened !== undefined || Date.now() - this.#failedAt >= RETRY;
  }

  get(): Opened {
    try {
      return (this.#opened ??= this.#open());
    } catch (error) {
      this.#failedAt = Date.now();
      throw error;
    }
  }
}

export class CacheFile {
  readonly #maxSize: number;
  readonly #onError: (error: unknown) => void;
  // Each by itself: a revalidation is noted, and a request that revalidates goes on, though the entries can't be had.
  readonly #entries: Opening<Store>;
  readonly #tags: Opening<Tags>;
  /** Names of entries that could neither be replaced nor removed, as in a file that takes no more writes. */
  readonly #outdated = new Set<string>();

  constructor(options: NextCacheOptions = {}) {
    const { path, engine, objectCache, onError } = readOptions(options);
    const open = (file: string, more: StoreOptions) => {
      mkdirSync(dirname(file), { recursive: true });
      return openStore(file, { ...engine, ...more });
    };
    this.#maxSize = engine.maxSize ?? Number.POSITIVE_INFINITY;
    this.#onError = onError;
    this.#entries = new Opening(() => open(path, { objectCache }));
    this.#tags = new Opening(() => new Tags(open(`${path}.tags`, TAGS_SIZE), TAGS_SIZE.maxSize / 2));
  }

  /** What was kept under a name, if anything. Read only: it is given again. */
  get<Value extends object>(name: string): Value | undefined {
    return this.#attempt(this.#entries, (entries) => (this.#outdated.has(name) ? undefined : entries.get<Value>(name)));
  }

  /** `expiresAt` in ms since 1970. What there is no room for, or no writing, takes the older entry under its name with it. `bytes` is what it has at least, if that is known. */
  set(name: string, value: object, expiresAt = Number.POSITIVE_INFINITY, bytes = 0): void {
    this.#attempt(this.#entries, (entries) => {
      try {
        // Or others would make room for it in vain.
        if (bytes > this.#maxSize)
          throw Object.assign(new RangeError(`an entry of ${bytes} bytes, where maxSize is ${this.#maxSize}`), { code: 'ERR_VALUE_TOO_LARGE' });
        makeRoom(entries, () => entries.set(name, value, { expiresAt }));
        this.#outdated.delete(name);
      } catch (error) {
        // What can't be encoded is no value of Next's, and replaces none.
        if ((error as { code?: string }).code !== 'ERR_VALUE_INVALID') this.#drop(entries, name);
        throw error;
      }
    });
  }

  /** What has become of an entry that was made at `timestamp`, by the worst of its tags. Without the tags, who can tell: it is gone. */
  judge(timestamp: number, ...lists: readonly (readonly string[] | undefined)[]): Judgement {
    return this.#attempt(this.#tags, (tags) => tags.judge(timestamp, ...lists)) ?? 'expired';
  }

  /** What was made up to then is gone because of one of these tags; 0 if none was revalidated. */
  expiration(list: readonly string[]): number {
    return this.#attempt(this.#tags, (tags) => tags.expiration(list)) ?? 0;
  }

  /** Throws where the tags can't be reached or noted. */
  async revalidate(list: readonly string[], durations?: TagDurations): Promise<void> {
    await this.#tags.get().revalidate(list, durations);
  }

  /** Or the older entry would be served, and made again in vain, for as long as it lasts. */
  #drop(entries: Store, name: string): void {
    try {
      entries.delete(name);
    } catch {
      if (entries.has(name)) this.#outdated.add(name);
    }
  }

  #attempt<Opened, Result>(opening: Opening<Opened>, work: (opened: Opened) => Result): Result | undefined {
    if (!opening.isDue) return undefined;
    try {
      return work(opening.get());
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }
}

/** What an entry is kept under. `kind` keeps the handlers' keys apart. */
export function nameOf(kind: string, key: string): string {
  return `${kind}:${key.length <= LONGEST_KEY ? key : createHash('sha256').update(key, 'utf16le').digest('hex')}`;
}
