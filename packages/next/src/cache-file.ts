// The file behind both handlers: entries in one store, which may lose any of them, and tags in another, which may lose none. A cache never fails a request:
// what goes wrong with an entry is told to `onError` and reads as a miss. Tags are the exception, since a revalidation that was not noted is stale data.
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { openStore, type Store } from '@mapstone/engine';
import { type NextCacheOptions, readOptions, type Settings } from './options.js';
import { makeRoom } from './room.js';
import { Tags } from './tags.js';

/** After a failed opening the next one is tried so many ms later. */
const RETRY = 5000;
/** Tags are a few dozen bytes each; past this, see Tags. */
const TAGS_SIZE = { maxSize: 2 ** 24, segmentSize: 2 ** 16 };
/** Longer keys are kept by their digest: those of 'use cache' hold a function's arguments. */
const LONGEST_KEY = 1024;

interface Opened {
  entries: Store;
  tags: Tags;
}

export class CacheFile {
  readonly #settings: Settings;
  #opened: Opened | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(options: NextCacheOptions = {}) {
    this.#settings = readOptions(options);
  }

  /** What was kept under a name, if anything. Read only: it is given again. */
  get<Value extends object>(name: string): Value | undefined {
    return this.#attempt(({ entries }) => entries.get<Value>(name));
  }

  /** `expiresAt` in ms since 1970. What can't be kept for its size takes the older entry under its name with it. `bytes` is what it has at least, if that is known. */
  set(name: string, value: object, expiresAt = Number.POSITIVE_INFINITY, bytes = 0): void {
    const { maxSize = Number.POSITIVE_INFINITY } = this.#settings.engine;
    this.#attempt(({ entries }) => {
      try {
        // Or others would make room for it in vain.
        if (bytes > maxSize) throw Object.assign(new RangeError(`an entry of ${bytes} bytes, where maxSize is ${maxSize}`), { code: 'ERR_VALUE_TOO_LARGE' });
        makeRoom(entries, () => entries.set(name, value, { expiresAt }));
      } catch (error) {
        if (/^ERR_(STORE_FULL|VALUE_TOO_LARGE)$/.test((error as { code?: string }).code ?? '')) entries.delete(name);
        throw error;
      }
    });
  }

  /** Undefined while the file can't be opened: then there are no entries either. */
  get tags(): Tags | undefined {
    return this.#attempt((opened) => opened.tags);
  }

  /** Throws where the tags can't be reached or noted. */
  async revalidate(tags: readonly string[], durations?: { expire?: number }): Promise<void> {
    const opened = this.#opened ?? this.#open();
    await opened.tags.revalidate(tags, durations);
  }

  #attempt<Result>(work: (opened: Opened) => Result): Result | undefined {
    try {
      if (this.#opened === undefined && Date.now() - this.#failedAt < RETRY) return undefined;
      return work(this.#opened ?? this.#open());
    } catch (error) {
      this.#settings.onError(error);
      return undefined;
    }
  }

  #open(): Opened {
    const { path, engine, objectCache } = this.#settings;
    try {
      mkdirSync(dirname(path), { recursive: true });
      const tags = openStore(`${path}.tags`, { ...engine, ...TAGS_SIZE });
      try {
        this.#opened = { entries: openStore(path, { ...engine, objectCache }), tags: new Tags(tags, TAGS_SIZE.maxSize / 2) };
      } catch (error) {
        tags.close();
        throw error;
      }
      return this.#opened;
    } catch (error) {
      this.#failedAt = Date.now();
      throw error;
    }
  }
}

/** What an entry is kept under. `kind` keeps the handlers' keys apart. */
export function nameOf(kind: string, key: string): string {
  return `${kind}:${key.length <= LONGEST_KEY ? key : createHash('sha256').update(key, 'utf16le').digest('hex')}`;
}
