// The part of a store that is one cache's own: every key begins with its namespace. Caches of several ORMs, and other adapters, may share a file.
import { createHash } from 'node:crypto';
import { KEEP, openStore, type SetOptions, type Store, type StoreOptions } from '@mapstone/engine';

export interface ScopeOptions extends StoreOptions {
  /** The file. It is created if it is not there; its directory must be. All on one path share one engine. */
  path: string;
  /** Keeps caches in one file apart: a word without ':'. */
  namespace?: string;
}

/** What a query read stays decoded in this process's memory as well, up to so many bytes, as they are stored, and entries. Each reader gets a copy: rows are anybody's to change. */
export const ROWS = { maxBytes: 4 * 2 ** 20, maxEntries: 10_000, values: 'cloned' } as const;

/** Longer names are hashed: a key is at most 65,535 bytes in the engine, and a query has no limit. */
const LONGEST_NAME = 1024;

/** Of each kind of entry, by its letter, whether one of that value may go when the cache is emptied: `true` for any. */
export type Kinds = Record<string, true | ((value: unknown) => boolean)>;

export class Scope {
  readonly #path: string;
  readonly #options: StoreOptions;
  readonly #prefix: string;
  readonly #kinds: Kinds;
  #store: Store | undefined;

  constructor(target: string | ScopeOptions, namespace: string, kinds: Kinds) {
    const { path, namespace: own = namespace, ...options } = typeof target === 'string' ? { path: target } : target;
    // A ':' would make the keys of namespace 'a:b' look like keys of 'a', and clear() of the one take the other's.
    if (typeof own !== 'string' || !/^[^:]+$/.test(own)) throw new TypeError(`namespace is a word without ':', not ${String(own)}`);
    this.#path = path;
    this.#options = options;
    this.#prefix = `${own}:`;
    this.#kinds = kinds;
  }

  /** Opened at the first use. */
  get store(): Store {
    this.#store ??= this.#open();
    return this.#store;
  }

  open(): void {
    this.release();
    this.#store = this.#open();
  }

  /** `kind` is one letter, so that its names of one kind never meet those of another. */
  key(kind: string, name: string): string {
    if (typeof name !== 'string') throw new TypeError(`a cache key is a string, not ${String(name)}`);
    if (name.length <= LONGEST_NAME) return `${this.#prefix}${kind}=${name}`;
    // Over UTF-16, since UTF-8 makes all lone surrogates alike.
    return `${this.#prefix}${kind}#${createHash('sha256').update(name, 'utf16le').digest('hex')}`;
  }

  /** Stores an entry, or, where there is no room for it even in an empty cache, none under that key. Throws for what is no value. */
  keep(key: string, value: unknown, options?: SetOptions): void {
    try {
      if (this.inRoom(() => this.store.set(key, value, options))) return;
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_VALUE_TOO_LARGE') throw error;
    }
    // What it was to replace.
    this.store.delete(key);
  }

  /**
   * Runs a write. Where there is no room for it the cache is emptied, and it is tried again: a cache that is full must not fail queries. Whether it was done;
   * if not, what is not this cache's fills the file.
   */
  inRoom(write: () => void): boolean {
    return this.#inRoom(this.store, write);
  }

  #inRoom(store: Store, write: () => void): boolean {
    for (const isLast of [false, true]) {
      try {
        write();
        return true;
      } catch (error) {
        if ((error as { code?: string }).code !== 'ERR_STORE_FULL') throw error;
        if (!isLast) this.#empty(store);
      }
    }
    return false;
  }

  /** All that may go goes. */
  empty(): void {
    this.#empty(this.store);
  }

  #empty(store: Store): void {
    for (const [kind, mayGo] of Object.entries(this.#kinds)) {
      const prefix = this.#prefix + kind;
      if (mayGo === true) store.clear({ prefix });
      else {
        for (const [key, value] of store.entries({ prefix })) {
          // As it is when it goes: another process may have changed it since.
          if (mayGo(value)) store.update(key, (now) => (now === undefined || mayGo(now) ? undefined : KEEP));
        }
      }
    }
  }

  /** Calls fail with ERR_STORE_CLOSED from here on, until `open`. */
  close(): void {
    this.#store?.close();
  }

  /** Lets go of the file until the next use. */
  release(): void {
    this.close();
    this.#store = undefined;
  }

  #open(): Store {
    const store = openStore(this.#path, this.#options);
    try {
      // A file that evicts is empty after a power cut by itself.
      if (!this.#options.readOnly && (this.#options.eviction ?? 'none') === 'none') this.#emptyAfterPowerCut(store);
      return store;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /**
   * A power cut takes the file back to its last flush, and with it what was removed since; the database kept its writes. The first to open the file hears of it,
   * and that may be anybody: so the cache notes the session of the file (from the first opener's coming to the last one's going) in which it was last seen to,
   * and where that is not the present one, and others began this, it doesn't know what they found.
   */
  #emptyAfterPowerCut(store: Store): void {
    const key = this.key('s', Object.keys(this.#kinds).join(''));
    const session = sessionOf(store);
    if (store.get(key) === session) return;
    if (['power-cut', 'joined'].includes(store.stats().recovery)) this.#empty(store);
    // Last, so that who is killed in between leaves it to the next.
    this.#inRoom(store, () => store.set(key, session));
  }
}

/** What the names of all openers of one session begin with. */
function sessionOf({ opener }: Store): string {
  return (opener as string).split('-')[0];
}
