// The types of the contract, as undici's own `interceptors.cache` has them, and the check of what comes in.
import type { interceptors } from 'undici';

type CacheOptions = NonNullable<Parameters<typeof interceptors.cache>[0]>;
export type CacheStore = NonNullable<CacheOptions['store']>;
export type CacheKey = Parameters<CacheStore['get']>[0];
export type CacheValue = Parameters<CacheStore['createWriteStream']>[1];
export type GetResult = Exclude<Awaited<ReturnType<CacheStore['get']>>, undefined>;
export type Vary = CacheValue['vary'];

/** Throws a TypeError where undici's stores do. */
export function assertKey(key: CacheKey): void {
  if (typeof key !== 'object' || key === null) throw new TypeError(`expected key to be object, got ${key === null ? 'null' : typeof key}`);
  for (const name of ['origin', 'method', 'path'] as const) {
    if (typeof key[name] !== 'string') throw new TypeError(`expected key.${name} to be string, got ${typeof key[name]}`);
  }
}

/** Throws a TypeError where undici's stores do. */
export function assertValue(value: CacheValue): void {
  if (typeof value !== 'object' || value === null) throw new TypeError(`expected value to be object, got ${value === null ? 'null' : typeof value}`);
  for (const name of ['statusCode', 'cachedAt', 'staleAt', 'deleteAt'] as const) {
    if (typeof value[name] !== 'number') throw new TypeError(`expected value.${name} to be number, got ${typeof value[name]}`);
  }
  if (typeof value.statusMessage !== 'string') throw new TypeError(`expected value.statusMessage to be string, got ${typeof value.statusMessage}`);
}
