// A template to copy: an adapter on the engine for a contract of your own. This one is a small cache with namespaces and `wrap` (cache-aside).
// Rules it follows: a handle of its own (in one thread all handles on a path share one engine), values go in as they are, expiry is the engine's, errors pass through with their `code`.

import { openStore } from '@mapstone/engine';

export class Cache {
  #store;
  #scope;
  #ttl;
  #pending = new Map(); // what is being made, by key: who asks meanwhile waits for the same

  /** @param {{ path: string, namespace: string, ttl?: number }} options `ttl` in ms; other options go to `openStore`. */
  constructor({ path, namespace, ttl, ...engineOptions }) {
    // A ':' in it would let namespace 'a', key 'b:c' be namespace 'a:b', key 'c'.
    if (typeof namespace !== 'string' || !/^[^:]+$/.test(namespace)) throw new TypeError(`namespace is a word without ':', not ${String(namespace)}`);
    this.#store = openStore(path, engineOptions);
    this.#scope = `${namespace}:`;
    this.#ttl = ttl;
  }

  async get(key) {
    return this.#store.get(this.#scope + key);
  }

  async set(key, value, ttl = this.#ttl) {
    this.#store.set(this.#scope + key, value, ttl === undefined ? undefined : { ttl });
  }

  async delete(key) {
    return this.#store.delete(this.#scope + key);
  }

  /** The entry, or what `make` makes of it, once for all who wait. A failure is not kept. */
  async wrap(key, make, ttl) {
    const known = this.#store.get(this.#scope + key);
    if (known !== undefined) return known;
    const pending = this.#pending.get(key) ?? this.#make(key, make, ttl);
    this.#pending.set(key, pending);
    return pending.finally(() => this.#pending.delete(key));
  }

  async #make(key, make, ttl) {
    const value = await make();
    await this.set(key, value, ttl);
    return value;
  }

  /** Keys without the namespace. Every key that is there from start to end comes once, whatever is written meanwhile. */
  async *keys() {
    for (const key of this.#store.keys({ prefix: this.#scope })) yield key.slice(this.#scope.length);
  }

  async clear() {
    return this.#store.clear({ prefix: this.#scope });
  }

  async close() {
    this.#store.close();
  }
}
