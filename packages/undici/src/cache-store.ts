// The store: `interceptors.cache({ store: new MapstoneCacheStore({ path }) })`. Every call is synchronous, so a miss costs the request no turn of the event loop.
// A cache that fails must not make requests fail: what goes wrong in the file is reported, and the request goes to its origin. Nor may `delete` throw: undici
// calls it where nobody would catch that.
import { Writable } from 'node:stream';
import { KEEP, openStore, type Store, type StoreOptions } from '@mapstone/engine';
import { Bounds } from './bounds.js';
import { assertKey, assertValue, type CacheKey, type CacheStore, type CacheValue, type GetResult } from './contract.js';
import { Orphans } from './orphans.js';
import { answers, MAX_URL, MAX_VARIANTS, newestThatAnswers, type Response, response, result, URL_PREFIX, urlKey } from './responses.js';

export interface MapstoneCacheStoreOptions extends Omit<StoreOptions, 'maxSize'> {
  /** The file; its directory must be there. Stores on one path share one engine. */
  path: string;
  /** Responses that are kept at most. Default: no limit but `maxSize`. */
  maxCount?: number;
  /** Bytes of bodies, headers and URLs that are kept at most; the file grows to two to four times that. Default 1 GiB. */
  maxSize?: number;
  /** Bytes of a body that are kept at most: a response with a larger one is passed on and not stored. Default 5 MiB. */
  maxEntrySize?: number;
  /** Bytes of bodies and headers asked for lately that this process keeps in its own memory as well, and hands out uncopied: change none. 0: none. Default 16 MiB. */
  memorySize?: number;
  /** Told what goes wrong while requests go on without the store. Default: a warning of the process, once for each code. */
  errorCallback?: (error: Error) => void;
}

const LIMITS = { maxCount: Number.POSITIVE_INFINITY, maxSize: 2 ** 30, maxEntrySize: 5 * 2 ** 20, memorySize: 16 * 2 ** 20 };

export class MapstoneCacheStore implements CacheStore {
  readonly #store: Store;
  readonly #bounds: Bounds;
  readonly #orphans: Orphans;
  readonly #maxEntrySize: number;
  readonly #report: (error: Error) => void;

  /** Opens the file. Throws what `openStore` throws. */
  constructor(options: MapstoneCacheStoreOptions) {
    const { path, maxCount, maxSize, maxEntrySize, memorySize, errorCallback = warnOnce(), ...storeOptions } = options ?? {};
    if (typeof path !== 'string' || path === '') {
      throw new TypeError(`MapstoneCacheStore({ path }): path is the file to keep the responses in, not ${String(path)}`);
    }
    if (typeof errorCallback !== 'function') throw new TypeError(`MapstoneCacheStore({ errorCallback }): a function, not ${String(errorCallback)}`);
    const limits = readLimits({ maxCount, maxSize, maxEntrySize, memorySize });
    // Lists of responses stay decoded, and bodies copied: copying one out of the file costs more than all the rest of a hit.
    const objectCache = limits.memorySize > 0 ? { maxBytes: limits.memorySize } : undefined;
    this.#store = openStore(path, { objectCache, ...storeOptions });
    this.#bounds = new Bounds(this.#store, limits);
    this.#orphans = new Orphans(this.#store);
    this.#maxEntrySize = Math.min(limits.maxEntrySize, limits.maxSize);
    this.#report = errorCallback;
  }

  /** The engine's handle: `flush()`, `stats()`, `backup()` and the rest. */
  get engine(): Store {
    return this.#store;
  }

  /** The newest response that may answer this request, until its `deleteAt`. */
  get(key: CacheKey): GetResult | undefined {
    assertKey(key);
    const url = urlKey(key);
    if (!fits(url)) return undefined;
    try {
      const found = newestThatAnswers(this.#responses(url), key);
      const body = found && this.#store.get<Buffer>(found.body);
      // No body: another process has replaced the response since.
      return found && body && result(found, body);
    } catch (error) {
      this.#report(error as Error);
      return undefined;
    }
  }

  /** Takes the body, and stores the response when it has ended. `undefined` if it can't be stored. */
  createWriteStream(key: CacheKey, value: CacheValue): Writable | undefined {
    assertKey(key);
    assertValue(value);
    if (!fits(urlKey(key))) return undefined;
    const max = this.#maxEntrySize;
    const put = (body: Buffer) => this.#put(key, value, body);
    const report = this.#report;
    const chunks: Buffer[] = [];
    let size = 0;
    return new Writable({
      write(chunk: Buffer, _encoding, done) {
        size += chunk.byteLength;
        // Undici goes on without a stream that was destroyed, and drops what it had stored for this request.
        if (size > max) this.destroy();
        else chunks.push(chunk);
        done();
      },
      final(done) {
        try {
          put(Buffer.concat(chunks, size));
          done();
        } catch (error) {
          report(error as Error);
          // Undici drops what was stored for this request before.
          done(error as Error);
        }
      },
    });
  }

  /** Drops all that is stored for the URL, whatever the method. */
  delete(key: CacheKey): void {
    assertKey(key);
    const url = urlKey(key);
    if (!fits(url)) return;
    try {
      this.#settle(
        [],
        this.#change(url, () => []),
      );
    } catch (error) {
      this.#report(error as Error);
    }
  }

  /** Closes the store's handle. Requests that come through it later go to their origin, and `errorCallback` is told `ERR_STORE_CLOSED`. */
  close(): void {
    this.#store.close();
  }

  /** Not to be changed: other readers have the same. */
  #responses(url: string): readonly Response[] {
    return this.#store.get<Response[]>(url) ?? [];
  }

  // Other processes change the same lists, and any of them may be killed between two steps. So the body comes first: a reader who finds it listed has it. Then the
  // list changes in one step, which says what it was that this change took out, and only who took it out deletes it. Totals come last. What a kill leaves undone
  // is found by the rounds of Orphans and Bounds.
  #put(key: CacheKey, value: CacheValue, body: Buffer): void {
    const url = urlKey(key);
    const now = Date.now();
    if (value.deleteAt <= now) {
      // Over before its body had ended: then what it comes in place of is over too.
      this.#settle(
        [],
        this.#change(url, (old) => old.filter((one) => !answers(one, key, now))),
      );
      return;
    }
    const added = response(url, key, value, body.byteLength, now, this.#bounds.turn);
    this.#store.set(added.body, body, { expiresAt: value.deleteAt });
    let removed: Response[];
    try {
      removed = this.#change(url, (old) => {
        const kept = old.filter((one) => one.value.deleteAt > now && !answers(one, key, now));
        return [added, ...kept.slice(0, MAX_VARIANTS - 1)];
      });
    } catch (error) {
      this.#store.delete(added.body);
      throw error;
    }
    this.#settle([added], removed);
    this.#orphans.removeSome();
    this.#bounds.makeRoom((of, { body }) => {
      this.#settle(
        [],
        this.#change(of, (old) => old.filter((one) => one.body !== body)),
      );
    });
  }

  /** Changes a list in one step, which may be tried more than once; what it lost. */
  #change(url: string, change: (old: readonly Response[]) => readonly Response[]): Response[] {
    let before: readonly Response[] = [];
    let after: readonly Response[] = [];
    this.#store.update<readonly Response[]>(
      url,
      (old = []) => {
        before = old;
        after = change(old);
        if (after.length === 0) return undefined;
        return after.length === old.length && after[0] === old[0] ? KEEP : after;
      },
      () => (after.length === 0 ? {} : { expiresAt: Math.max(...after.map(({ value }) => value.deleteAt)) }),
    );
    return before.filter((one) => !after.includes(one));
  }

  #settle(added: readonly Response[], removed: readonly Response[]): void {
    if (removed.length > 0) this.#store.deleteMany(removed.map(({ body }) => body));
    if (added.length + removed.length > 0) this.#bounds.note(added, removed);
  }
}

type Limits = typeof LIMITS;

function readLimits(given: Partial<Limits>): Limits {
  const limits = { ...LIMITS };
  for (const name of Object.keys(LIMITS) as (keyof Limits)[]) {
    const value = given[name];
    if (value === undefined) continue;
    if (!(Number.isInteger(value) || value === Number.POSITIVE_INFINITY) || value < 0) {
      throw new TypeError(`MapstoneCacheStore({ ${name} }): ${name} is a whole number of 0 or more, or Infinity, not ${String(value)}`);
    }
    limits[name] = value;
  }
  return limits;
}

function warnOnce(): (error: Error) => void {
  const warned = new Set<unknown>();
  return (error) => {
    const { code = error.name } = error as { code?: string };
    if (warned.has(code)) return;
    warned.add(code);
    process.emitWarning(`the HTTP cache does without its store: ${error.message}`, { type: 'MapstoneCacheStore', code });
  };
}

/** Of a URL too long for a key nothing is stored. */
function fits(url: string): boolean {
  const most = URL_PREFIX.length + MAX_URL;
  return url.length * 3 <= most || Buffer.byteLength(url) <= most;
}
