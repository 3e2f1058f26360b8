// What happens in a cache, counted, and told to those who listen: nothing is made up for an event that nobody hears.

import type { EventEmitter } from 'node:events';
import { LRUCache } from 'lru-cache';
import type { Counters } from './counters.js';

export interface CacheEvents {
  hit: [key: string];
  miss: [key: string];
  /** An old value was served. */
  stale: [key: string];
  /** This process removed an entry for want of space. */
  evict: [key: string];
  /** This process removed an entry whose time was over. */
  expire: [key: string];
  /** What no caller was told of: a refresh in the background that failed, a value that could not be kept. Without a listener nothing happens. */
  error: [error: unknown, key?: string];
}

/** Hits and misses of one key, in this process. */
export interface KeyStats {
  hits: number;
  misses: number;
}

export class Report {
  readonly #events: EventEmitter<CacheEvents>;
  readonly #counts: Counters;
  readonly #keys: LRUCache<string, KeyStats> | undefined;

  /** `keys`: of how many keys hits and misses are counted. */
  constructor(events: EventEmitter<CacheEvents>, counts: Counters, keys: number) {
    this.#events = events;
    this.#counts = counts;
    if (keys > 0) this.#keys = new LRUCache({ max: keys });
  }

  /** A read that found `value`, or with `undefined` nothing. */
  read(key: string, value: unknown): void {
    if (value === undefined) this.miss(key);
    else this.hit(key);
  }

  hit(key: string): void {
    this.#counts.hits++;
    if (this.#keys !== undefined) this.#of(this.#keys, key).hits++;
    if (this.#events.listenerCount('hit') > 0) this.#events.emit('hit', key);
  }

  miss(key: string): void {
    this.#counts.misses++;
    if (this.#keys !== undefined) this.#of(this.#keys, key).misses++;
    if (this.#events.listenerCount('miss') > 0) this.#events.emit('miss', key);
  }

  stale(key: string): void {
    this.#counts.stale++;
    if (this.#events.listenerCount('stale') > 0) this.#events.emit('stale', key);
  }

  loaded(): void {
    this.#counts.loads++;
  }

  coalesced(): void {
    this.#counts.coalesced++;
  }

  failed(error: unknown, key?: string): void {
    this.#counts.errors++;
    if (this.#events.listenerCount('error') > 0) this.#events.emit('error', error, key);
  }

  removed(key: string, reason: 'evict' | 'expire'): void {
    this.#counts[reason === 'evict' ? 'evictions' : 'expirations']++;
    if (this.#events.listenerCount(reason) > 0) this.#events.emit(reason, key);
  }

  keyStats(key: string): KeyStats | undefined {
    const counts = this.#keys?.peek(key);
    return counts && { ...counts };
  }

  #of(keys: LRUCache<string, KeyStats>, key: string): KeyStats {
    let counts = keys.get(key);
    if (counts === undefined) {
      counts = { hits: 0, misses: 0 };
      keys.set(key, counts);
    }
    return counts;
  }
}
