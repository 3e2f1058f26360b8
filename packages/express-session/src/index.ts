// Sessions of express-session, and of @fastify/session, in a store: `session({ store: new MapstoneStore({ path }) })`.
// A session is kept as text, as in express-session's own memory store. Its expiry is the record's, so that `touch` changes that alone and reads no session.
// Every callback comes in a tick of its own: express-session ends its response in the order it is written only then.
import { type Store as Engine, openStore, type StoreOptions } from '@mapstone/engine';
import session, { type SessionData } from 'express-session';

export interface MapstoneStoreOptions extends StoreOptions {
  /** The file; its directory must be there. Stores on one path share one engine. */
  path: string;
  /** Put before every session id. Stores with different prefixes don't see each other's sessions, unless one prefix begins with the other. Default 'sess:'. */
  prefix?: string;
  /** Milliseconds that a session without an expiry of its own (a cookie that ends with the browser) lives after its last use, over 0. Default one day. */
  ttl?: number;
  /** What makes text of a session and back. Default `JSON`. */
  serializer?: Serializer;
}

export interface Serializer {
  stringify(session: SessionData): string;
  parse(text: string): SessionData;
}

type Callback<T = void> = (error: any, result?: T) => void;

const DAY = 86_400_000;

export class MapstoneStore extends session.Store {
  readonly #engine: Engine;
  readonly #prefix: string;
  readonly #ttl: number;
  readonly #serializer: Serializer;

  /** Opens the file. Throws what `openStore` throws. */
  constructor(options: MapstoneStoreOptions) {
    super();
    const { path, prefix = 'sess:', ttl = DAY, serializer = JSON, ...storeOptions } = options ?? {};
    if (typeof path !== 'string' || path === '') throw new TypeError(`MapstoneStore({ path }): path is the file to keep the sessions in, not ${String(path)}`);
    if (typeof prefix !== 'string') throw new TypeError(`MapstoneStore({ prefix }): prefix is a string, not ${String(prefix)}`);
    if (typeof ttl !== 'number' || !(ttl > 0)) throw new RangeError(`MapstoneStore({ ttl }): ttl is a number of milliseconds over 0, not ${String(ttl)}`);
    this.#engine = openStore(path, storeOptions);
    this.#prefix = prefix;
    this.#ttl = ttl;
    this.#serializer = serializer;
  }

  /** The engine's handle: `flush()`, `stats()`, `backup()` and the rest. */
  get engine(): Engine {
    return this.#engine;
  }

  override get(sid: string, callback: Callback<SessionData | null>): void {
    answer(callback, () => {
      const entry = this.#engine.getEntry(this.#prefix + sid);
      return entry === undefined ? null : this.#session(entry.value as string, entry.expiresAt);
    });
  }

  override set(sid: string, data: SessionData, callback?: Callback): void {
    answer(callback, () => this.#engine.set(this.#prefix + sid, this.#text(data), { expiresAt: this.#expiry(data) }));
  }

  override destroy(sid: string, callback?: Callback): void {
    answer(callback, () => void this.#engine.delete(this.#prefix + sid));
  }

  /** Gives the session the expiry of its cookie, and leaves the rest as it was saved. A session that is gone stays so. */
  override touch(sid: string, data: SessionData, callback?: Callback): void {
    answer(callback, () => void this.#engine.touch(this.#prefix + sid, { expiresAt: this.#expiry(data) }));
  }

  /** Every live session by its id. */
  override all(callback: Callback<{ [sid: string]: SessionData }>): void {
    answer(callback, () => {
      // Without a prototype, or the id '__proto__' would be none.
      const sessions: { [sid: string]: SessionData } = Object.create(null);
      for (const { key, value, expiresAt } of this.#engine.records({ prefix: this.#prefix })) {
        sessions[key.slice(this.#prefix.length)] = this.#session(value as string, expiresAt);
      }
      return sessions;
    });
  }

  /** How many live sessions there are, by counting them. */
  override length(callback: Callback<number>): void {
    answer(callback, () => {
      let count = 0;
      for (const _key of this.#engine.keys({ prefix: this.#prefix })) count++;
      return count;
    });
  }

  /** Ends every session of this prefix. */
  override clear(callback?: Callback): void {
    answer(callback, () => void this.#engine.clear({ prefix: this.#prefix }));
  }

  /** Closes the store's handle. A request after that fails with `ERR_STORE_CLOSED`. */
  close(): void {
    this.#engine.close();
  }

  #text(data: SessionData): string {
    try {
      return this.#serializer.stringify(data);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw Object.assign(new TypeError(`the session can't be made into text: ${why}`, { cause }), { code: 'ERR_VALUE_INVALID' });
    }
  }

  /** The text may tell of an earlier expiry than a touch gave since. */
  #session(text: string, expiresAt: number): SessionData {
    const data = this.#serializer.parse(text);
    if (data.cookie?.expires) data.cookie.expires = new Date(expiresAt).toISOString() as unknown as Date;
    return data;
  }

  #expiry(data: SessionData): number {
    const expires = data.cookie?.expires;
    return expires ? new Date(expires).getTime() : Date.now() + this.#ttl;
  }
}

export default MapstoneStore;

/** Runs `work` now, and calls back with its result, or with what it threw, in the next tick. */
function answer<T>(callback: Callback<T> | undefined, work: () => T): void {
  let result: T;
  try {
    result = work();
  } catch (error) {
    if (callback === undefined) throw error;
    process.nextTick(callback, error);
    return;
  }
  if (callback !== undefined) process.nextTick(callback, null, result);
}
