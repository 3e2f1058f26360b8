// The store adapter: one class for keyv 5 and keyv 6, over one handle on the engine.
// Keyv 6 reads `capabilities` in its constructor, before anything else; keyv 5 never does. That is how the adapter knows whom it serves.
// Every method is `async` and none emits 'error': a failure rejects, once, and Keyv makes of it what its major does.
// The results typed `any` are those the two majors type differently.
import { EventEmitter } from 'node:events';
import { openStore, type Store, type StoreOptions } from '@mapstone/engine';
import { type BatchEntry, type Capabilities, capabilities } from './contract.js';
import { asGiven, fitsRecord, instant } from './envelope.js';

type Listener = (...args: any[]) => void;

export interface KeyvMapstoneOptions extends StoreOptions {
  /** The file. Adapters on one path share one engine. */
  path: string;
  /** The namespace until Keyv sets one. */
  namespace?: string;
  /** Keyv's major. Left out, the adapter finds out by itself; without a Keyv around it (in tests, say) it behaves as under 5. */
  keyv?: 5 | 6;
  /** Keyv 5 only: `false` beside Keyv's own `useKeyPrefix: false`, so that the adapter puts the namespace before the keys. */
  useKeyPrefix?: boolean;
}

const UNWRAPPED = { flag: true };

export class KeyvMapstone extends EventEmitter {
  /** Keyv 5 offers `iterator()` only for dialects on its own list. Nothing else reads this one. */
  readonly opts: Record<string, unknown>;
  readonly #store: Store;
  readonly #pinned: 5 | 6 | undefined;
  readonly #useKeyPrefix: boolean;
  #major: 5 | 6;
  #namespace: string | undefined;
  /** `namespace:`, or '' without one: what `clear` and `iterator` reach. */
  #scope = '';
  /** What the adapter puts before a key: the scope, or '' where Keyv 5 has done it. */
  #prefix = '';

  constructor(target: string | KeyvMapstoneOptions) {
    super();
    const { path, namespace, keyv, useKeyPrefix, ...storeOptions }: KeyvMapstoneOptions = typeof target === 'string' ? { path: target } : (target ?? {});
    if (keyv !== undefined && keyv !== 5 && keyv !== 6) {
      throw new RangeError(`The option keyv is 5 or 6, not ${String(keyv)}. Left out, the adapter finds out by itself.`);
    }
    // Opened here and not on first use: keyv 5 swallows what `get` throws, so a locked or damaged file would look like an empty one.
    this.#store = openStore(path, storeOptions);
    this.opts = { path, dialect: 'sqlite' };
    this.#pinned = keyv;
    this.#major = keyv ?? 5;
    this.#useKeyPrefix = useKeyPrefix ?? true;
    this.namespace = namespace;
    // Each Keyv adds an 'error' listener, and many may share an adapter.
    this.setMaxListeners(0);
  }

  /** The engine's handle: `flush()`, `stats()`, `backup()` and the rest. */
  get engine(): Store {
    return this.#store;
  }

  /** Read by keyv 6 only, in its constructor: from here on its contract holds (bare keys, absolute expiry, `boolean[]`). */
  get capabilities(): Capabilities {
    if (this.#pinned === 5) throw new TypeError('This KeyvMapstone was made with `keyv: 5` and handed to keyv 6. Leave the option out, or set it to 6.');
    if (this.#major !== 6) {
      this.#major = 6;
      this.#rescope();
    }
    return capabilities;
  }

  get namespace(): string | undefined {
    return this.#namespace;
  }

  set namespace(namespace: string | undefined) {
    this.#namespace = namespace;
    this.#rescope();
  }

  async get(key: string): Promise<any> {
    const row = this.#store.getEntry(this.#prefix + key);
    return row === undefined ? undefined : asGiven(row);
  }

  async getMany(keys: string[]): Promise<any[]> {
    return keys.map((key) => {
      const row = this.#store.getEntry(this.#prefix + key);
      return row === undefined ? undefined : asGiven(row);
    });
  }

  /** The third argument is keyv 5's ttl or keyv 6's instant, both in ms. */
  async set(key: string, value: any, ttlOrExpires?: number): Promise<boolean> {
    const until = ttlOrExpires === undefined ? undefined : this.#until(ttlOrExpires);
    if (fitsRecord(value, until)) {
      this.#store.set(this.#prefix + key, value.value, value.expires === undefined ? UNWRAPPED : { expiresAt: value.expires, flag: true });
    } else {
      this.#store.set(this.#prefix + key, value, until === undefined ? undefined : { expiresAt: until });
    }
    return true;
  }

  /** All or nothing. */
  async setMany(entries: BatchEntry[]): Promise<any> {
    this.#store.setMany(
      entries.map(({ key, value, ttl, expires }) => {
        const until = this.#until(this.#major === 6 ? expires : ttl);
        if (fitsRecord(value, until)) return { key: this.#prefix + key, value: value.value, expiresAt: value.expires, flag: true };
        return { key: this.#prefix + key, value, expiresAt: until };
      }),
    );
    return entries.map(() => true);
  }

  async has(key: string): Promise<boolean> {
    return this.#store.has(this.#prefix + key);
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    return keys.map((key) => this.#store.has(this.#prefix + key));
  }

  async delete(key: string): Promise<boolean> {
    return this.#store.delete(this.#prefix + key);
  }

  /** All or nothing. One boolean a key under keyv 6; under keyv 5, whether any was there. */
  async deleteMany(keys: string[]): Promise<any> {
    const deleted = this.#store.deleteMany(this.#prefix === '' ? keys : keys.map((key) => this.#prefix + key));
    return this.#major === 6 ? deleted : deleted.includes(true);
  }

  /** Only this namespace; everything where there is none. */
  async clear(): Promise<void> {
    this.#store.clear({ prefix: this.#scope });
  }

  /** Keys as this Keyv knows them: with the namespace where Keyv 5 put it, bare otherwise. */
  async *iterator(namespace?: string): AsyncGenerator<[string, any], void> {
    const scope = namespace ? `${namespace}:` : this.#scope;
    const cut = this.#composes() ? scope.length : 0;
    for (const row of this.#store.records({ prefix: scope })) yield [row.key.slice(cut), asGiven(row)];
  }

  /** Closes this adapter's handle; the engine closes with its last one. */
  async disconnect(): Promise<void> {
    this.#store.close();
  }

  // Node types these `Function[]`, which keyv 6's emitter type doesn't take.
  override listeners(event: string | symbol): Listener[] {
    return super.listeners(event) as Listener[];
  }

  override rawListeners(event: string | symbol): Listener[] {
    return super.rawListeners(event) as Listener[];
  }

  #composes(): boolean {
    return this.#major === 6 || !this.#useKeyPrefix;
  }

  #rescope(): void {
    this.#scope = this.#namespace ? `${this.#namespace}:` : '';
    this.#prefix = this.#composes() ? this.#scope : '';
  }

  #until(ttlOrExpires: number | undefined): number | undefined {
    if (typeof ttlOrExpires !== 'number') return undefined;
    if (this.#major === 6) return instant(ttlOrExpires);
    return ttlOrExpires === 0 ? undefined : instant(Date.now() + ttlOrExpires);
  }
}

export default KeyvMapstone;
