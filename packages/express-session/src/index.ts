// Sessions of express-session, and of @fastify/session, in a store: `session({ store: new MapstoneStore({ path }) })`.
// A session is kept as text, as in express-session's own memory store. Its expiry is the record's, so that `touch` writes no text but where the cookie's lifetime is another.
// Every callback comes in a tick of its own: express-session ends its response in the order it is written only then.
import { type Store as Engine, KEEP, openStore, type StoreOptions } from '@mapstone/engine';
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
      const entry = this.#engine.getEntry(this.#key(sid));
      return entry === undefined ? null : this.#session(entry.value as string, entry.expiresAt);
    });
  }

  override set(sid: string, data: SessionData, callback?: Callback): void {
    answer(callback, () => this.#engine.set(this.#key(sid), this.#text(assertSession(data)), { expiresAt: this.#expiry(data) }));
  }

  override destroy(sid: string, callback?: Callback): void {
    answer(callback, () => void this.#engine.delete(this.#key(sid)));
  }

  /** Gives the session its cookie, and leaves the rest as it was saved: mostly another expiry is all there is to it. A session that is gone stays so. */
  override touch(sid: string, data: SessionData, callback?: Callback): void {
    answer(callback, () => {
      const key = this.#key(sid);
      const expiresAt = this.#expiry(assertSession(data));
      const text = this.#engine.get<string>(key);
      if (text === undefined) return;
      if (this.#withCookie(text, data) === text) this.#engine.touch(key, { expiresAt });
      else this.#engine.update<string>(key, (found) => (found === undefined ? KEEP : this.#withCookie(found, data)), { expiresAt });
    });
  }

  /** Every live session by its id, but for what can't be read as one: `get` says of that what is wrong. */
  override all(callback: Callback<{ [sid: string]: SessionData }>): void {
    answer(callback, () => {
      // Without a prototype, or the id '__proto__' would be none.
      const sessions: { [sid: string]: SessionData } = Object.create(null);
      for (const { key, value, expiresAt } of this.#engine.records({ prefix: this.#prefix })) {
        const found = this.#parsed(value as string);
        if (isObject(found)) sessions[key.slice(this.#prefix.length)] = withExpiry(found, expiresAt);
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

  #key(sid: string): string {
    if (typeof sid !== 'string' || sid === '') throw invalid('ERR_KEY_INVALID', `a session id is a string that is not empty, not ${describe(sid)}`);
    return this.#prefix + sid;
  }

  #text(data: SessionData): string {
    let text: string;
    try {
      text = this.#serializer.stringify(data);
    } catch (cause) {
      throw invalid('ERR_VALUE_INVALID', `the session can't be made into text: ${messageOf(cause)}`, cause);
    }
    // A `toJSON` may make anything of it, and what it makes must be a session again.
    if (typeof text !== 'string' || (this.#serializer === JSON && text[0] !== '{')) {
      throw invalid('ERR_VALUE_INVALID', `the session can't be made into text: its serializer makes ${describe(text)} of it`);
    }
    return text;
  }

  /** The saved session with that one's cookie. Express-session calls `touch`, and not `set`, where the cookie's lifetime is all that has changed. */
  #withCookie(text: string, { cookie }: SessionData): string {
    const saved = this.#parsed(text);
    if (!isObject(saved) || sameLifetime(saved.cookie, cookie)) return text;
    return this.#text({ ...saved, cookie });
  }

  #session(text: string, expiresAt: number): SessionData {
    const data = this.#parsed(text);
    if (data instanceof Error) throw invalid('ERR_VALUE_INVALID', `what is kept is no session: ${data.message}`, data);
    if (!isObject(data)) throw invalid('ERR_VALUE_INVALID', `what is kept is no session but ${describe(data)}`);
    return withExpiry(data, expiresAt);
  }

  /** What the text says, or the error that kept it from being read. */
  #parsed(text: string): unknown {
    try {
      return this.#serializer.parse(text);
    } catch (cause) {
      return cause instanceof Error ? cause : new Error(String(cause));
    }
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

function isObject(value: unknown): value is SessionData {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Error);
}

/** But for the moment of expiry, which is the record's. */
function sameLifetime(a: SessionData['cookie'] | undefined, b: SessionData['cookie'] | undefined): boolean {
  return (a?.originalMaxAge ?? null) === (b?.originalMaxAge ?? null) && !a?.expires === !b?.expires;
}

function assertSession(data: SessionData): SessionData {
  if (!isObject(data)) throw invalid('ERR_VALUE_INVALID', `a session is an object, not ${describe(data)}`);
  return data;
}

/** The text may tell of an earlier expiry than a touch gave since. */
function withExpiry(data: SessionData, expiresAt: number): SessionData {
  if (data.cookie?.expires) data.cookie.expires = new Date(expiresAt).toISOString() as unknown as Date;
  return data;
}

function invalid(code: string, message: string, cause?: unknown): TypeError {
  return Object.assign(new TypeError(message, cause === undefined ? undefined : { cause }), { code });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (value === '') return 'an empty one';
  return typeof value === 'object' && value !== null ? 'an object' : String(value).slice(0, 50);
}
