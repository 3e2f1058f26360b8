// A random workload beside a Map that says what must be there, and at which flush it was so.

import { random, SimulatedDisk } from '../../../../test/support/simulated-mapping.js';
import { openStoreIn } from '../../src/store/registry.js';
import type { Store } from '../../src/store/store.js';

export const MAX_SIZE = 1 << 20;
export const OPTIONS = { segmentSize: 4096, maxSize: MAX_SIZE, flush: 'manual' } as const;

export type Model = Map<string, unknown>;

export class Workload {
  readonly next: () => number;
  readonly disk: SimulatedDisk;
  readonly store: Store;
  now = 1_000_000;
  readonly model: Model = new Map();
  /** What was there at each completed flush. */
  readonly flushed = new Map<number, Model>();
  private readonly keys: number;

  constructor(seed: number, keys = 120) {
    this.next = random(seed);
    this.keys = keys;
    this.disk = new SimulatedDisk(MAX_SIZE + 65536, this.next);
    this.store = this.open(this.disk);
    this.flushed.set(this.store.stats().durableFlush, new Map());
  }

  open(disk: SimulatedDisk): Store {
    const environment = { now: () => this.now, random: (count: number) => Uint8Array.from({ length: count }, () => Math.floor(this.next() * 256)) };
    return openStoreIn(`/simulated/${Math.floor(this.next() * 2 ** 32)}`, OPTIONS, environment, disk);
  }

  private key(): string {
    return `key ${Math.floor(this.next() * this.keys)}`;
  }

  private value(): unknown {
    const kind = this.next();
    const size = Math.floor(this.next() ** 3 * 900);
    if (kind < 0.8) return `${Math.floor(this.next() * 1e9)} `.padEnd(size, 'abcdefgh');
    if (kind < 0.9) return { n: this.next(), s: 'é'.repeat(size >> 3) };
    if (kind < 0.93) return 'L'.repeat(4000 + Math.floor(this.next() * 9000));
    return Math.floor(this.next() * 1000);
  }

  /** One operation. What a flush inside it found is what was there before it: room is made first. */
  step(): void {
    const { store, model } = this;
    const kind = this.next();
    let effect: () => void = () => undefined;
    const before = store.stats().durableFlush;
    if (kind < 0.55) {
      const key = this.key();
      const value = this.value();
      store.set(key, value);
      effect = () => model.set(key, value);
    } else if (kind < 0.8) {
      const key = this.key();
      store.delete(key);
      effect = () => model.delete(key);
    } else if (kind < 0.9) {
      const items = Array.from({ length: Math.floor(this.next() * 12) }, () => ({ key: this.key(), value: this.value() }));
      store.setMany(items);
      effect = () => {
        for (const item of items) model.set(item.key, item.value);
      };
    } else if (kind < 0.903) {
      store.clear();
      effect = () => model.clear();
    } else if (kind < 0.95) store.flushSync();
    else if (kind < 0.955) store.compact();
    else this.disk.writeBack(this.next() * 0.3);
    const durable = store.stats().durableFlush;
    if (durable !== before) this.flushed.set(durable, new Map(model));
    effect();
  }
}

/** How `store` differs from `model`, undefined if it doesn't. */
export function difference(store: Store, model: Model): string | undefined {
  const seen = new Set<string>();
  for (const [key, value] of store.entries()) {
    if (seen.has(key)) return `'${key}' comes twice`;
    seen.add(key);
    if (JSON.stringify(value) !== JSON.stringify(model.get(key))) return `'${key}' differs`;
  }
  for (const key of model.keys()) if (!seen.has(key)) return `'${key}' is missing`;
  return store.size === model.size ? undefined : `size is ${store.size}, not ${model.size}`;
}
