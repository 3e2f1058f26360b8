// A real cache of cache-manager 7 whose one store is the file that all processes share: for Nest too, which takes its stores.

import { keyvSettings } from '@mapstone/keyv/store';
import { type Cache, type CreateCacheOptions, createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { type Duration, milliseconds } from './duration.js';
import { typeError } from './errors.js';
import { type FileOptions, storeOptions } from './options.js';

/** What `createCache` takes, without its stores, and the file. */
export interface CreateCacheManagerOptions
  extends FileOptions,
    Omit<CreateCacheOptions, 'stores' | 'nonBlocking' | 'refreshAllStores' | 'ttl' | 'refreshThreshold'> {
  /** Default: 'cache-manager'. */
  namespace?: string;
  /** Default: for ever. */
  ttl?: Duration;
  /** `wrap` makes a value anew, in the background, when it has less than that to live. Default: not. */
  refreshThreshold?: Duration;
}

/** `disconnect()` closes the file. */
export function createCacheManager(options: CreateCacheManagerOptions): Cache {
  if (typeof options !== 'object' || options === null) throw typeError('ERR_OPTION_INVALID', 'createCacheManager(options): options is an object');
  for (const name of ['stores', 'nonBlocking', 'refreshAllStores']) {
    if (name in options) throw typeError('ERR_OPTION_INVALID', `createCacheManager takes no ${name}: its one store is shared by all processes already`);
  }
  const { ttl, refreshThreshold, cacheId, namespace = 'cache-manager', ...file } = options;
  // Read before the file is opened: nobody would close it.
  const lives = {
    ...(ttl === undefined ? {} : { ttl: milliseconds('ttl', ttl, 0) }),
    ...(refreshThreshold === undefined ? {} : { refreshThreshold: milliseconds('refreshThreshold', refreshThreshold, 0) }),
  };
  const store = new Keyv(keyvSettings({ path: file.path, ...storeOptions(file), namespace }));
  return createCache({
    stores: [store],
    ...lives,
    ...(cacheId === undefined ? {} : { cacheId }),
  });
}
