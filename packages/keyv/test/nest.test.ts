// Under the real @nestjs/cache-manager 12, in an application context: the module, its provider and the end of the application.
import 'reflect-metadata';
import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { NestFactory } from '@nestjs/core';
import type { Cache } from 'cache-manager';
import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { createKeyv, KeyvMapstone } from '../src/index.js';

const path = tempPaths();

class AppModule {}

/** An application whose cache is `options`, as `@Module({ imports: [CacheModule.register(options)] })` makes one. */
async function start(options: object) {
  const app = await NestFactory.createApplicationContext({ module: AppModule, imports: [CacheModule.register(options)] }, { logger: false });
  return { app, cache: app.get<Cache>(CACHE_MANAGER) };
}

const stores = [
  { label: 'createKeyv', make: (at: string) => createKeyv(at) },
  { label: 'the adapter, which Nest wraps', make: (at: string) => new KeyvMapstone(at) },
  { label: 'a list: memory, then createKeyv', make: (at: string) => [new Keyv(), createKeyv(at)] },
];

describe.each(stores)('@nestjs/cache-manager over $label', ({ make }) => {
  it('serves the cache', async () => {
    const { app, cache } = await start({ stores: make(path()), ttl: 60_000 });
    await cache.set('k', { a: 1 });
    expect(await cache.get('k')).toEqual({ a: 1 });
    expect(await cache.ttl('k')).toBeGreaterThan(Date.now());
    expect(await cache.wrap('w', async () => 'computed')).toBe('computed');
    await cache.del('k');
    expect(await cache.mget(['k', 'w'])).toEqual([undefined, 'computed']);
    await app.close();
  });

  it('disconnects with the application, and the next one finds what it left', async () => {
    const at = path();
    const store = make(at);
    const first = await start({ stores: store, namespace: 'app' });
    await first.cache.set('k', 'v', 3_600_000);
    await first.app.close();
    const adapter = [store]
      .flat()
      .map((one) => (one instanceof KeyvMapstone ? one : one.store))
      .find((one) => one instanceof KeyvMapstone);
    await expect(adapter?.get('k')).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
    const second = await start({ stores: make(at), namespace: 'app' });
    expect(await second.cache.get('k')).toBe('v');
    await second.app.close();
  });
});
