// The engine itself, under the suite's names, and what a broken adapter on it looks like.
import { openStore, type Store, type StoreOptions } from '@mapstone/engine';
import type { Adapter } from '../../src/index.js';

export class Bare implements Adapter {
  protected readonly store: Store;

  constructor(path: string, options: StoreOptions) {
    this.store = openStore(path, { flush: 'manual', ...options });
  }
  async get(key: string): Promise<unknown> {
    return this.store.get(key);
  }
  async set(key: string, value: unknown, ttl?: number): Promise<void> {
    this.store.set(key, value, ttl === undefined ? undefined : { ttl });
  }
  async delete(key: string): Promise<boolean> {
    return this.store.delete(key);
  }
  async has(key: string): Promise<boolean> {
    return this.store.has(key);
  }
  keys(): Iterable<string> | AsyncIterable<string> {
    return this.store.keys();
  }
  async clear(): Promise<void> {
    this.store.clear();
  }
  async close(): Promise<void> {
    this.store.close();
  }
}

/** Adapters with one thing wrong each, by what that is, with the test that must fail for it. */
export type Broken = Record<string, { adapter: new (path: string, options: StoreOptions) => Adapter; fails: string }>;
