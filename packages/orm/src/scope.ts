// The part of a store that is one cache's own: every key begins with its namespace. Caches of several ORMs, and other adapters, may share a file.
import { createHash } from 'node:crypto';
import { openStore, type SetOptions, type Store, type StoreOptions } from '@mapstone/engine';

export interface ScopeOptions extends StoreOptions {
  /** The file. It is created if it is not there; its directory must be. All on one path share one engine. */
  path: string;
  /** Keeps caches in one file apart: a word without ':'. */
  namespace?: string;
}

/** Longer names are hashed: a key is at most 65,535 bytes in the engine, and a query has no limit. */
const LONGEST_NAME = 1024;

const NO_ROOM = new Set(['ERR_STORE_FULL', 'ERR_VALUE_TOO_LARGE']);

export class Scope {
  readonly #path: string;
  readonly #options: StoreOptions;
  readonly #prefix: string;
  #store: Store | undefined;

  constructor(target: string | ScopeOptions, namespace: string) {
    const { path, namespace: own = namespace, ...options } = typeof target === 'string' ? { path: target } : target;
    // A ':' would make the keys of namespace 'a:b' look like keys of 'a', and clear() of the one take the other's.
    if (typeof own !== 'string' || !/^[^:]+$/.test(own)) throw new TypeError(`namespace is a word without ':', not ${String(own)}`);
    this.#path = path;
    this.#options = options;
    this.#prefix = `${own}:`;
  }

  /** Opened at the first use, and again at the first use after `close`: an ORM can be closed and connected again. */
  get store(): Store {
    this.#store ??= this.#open();
    return this.#store;
  }

  /** `kind` is one letter of the adapter's, so that its names of one kind never meet those of another. */
  key(kind: string, name: string): string {
    if (typeof name !== 'string') throw new TypeError(`a cache key is a string, not ${String(name)}`);
    if (name.length <= LONGEST_NAME) return `${this.#prefix}${kind}=${name}`;
    // Over UTF-16, since UTF-8 makes all lone surrogates alike.
    return `${this.#prefix}${kind}#${createHash('sha256').update(name, 'utf16le').digest('hex')}`;
  }

  /**
   * Stores, or, where there is no room for it, makes sure that nothing older stays under the key. A cache that is full must not fail the query.
   * Throws for what can't be stored at all.
   */
  keep(key: string, value: unknown, options?: SetOptions): void {
    try {
      this.store.set(key, value, options);
    } catch (error) {
      if (!NO_ROOM.has((error as { code?: string }).code ?? '')) throw error;
      this.store.delete(key);
    }
  }

  clear(): void {
    this.store.clear({ prefix: this.#prefix });
  }

  close(): void {
    this.#store?.close();
    this.#store = undefined;
  }

  #open(): Store {
    const store = openStore(this.#path, this.#options);
    // A power cut takes the file back to its last flush, and with it what was removed since; the database kept its writes.
    if (!this.#options.readOnly && store.stats().recovery === 'power-cut') store.clear({ prefix: this.#prefix });
    return store;
  }
}
