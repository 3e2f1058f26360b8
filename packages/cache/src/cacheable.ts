// A real `Cacheable` whose tier is the file that all processes share. One tier is enough: it is memory already, and there is no first one that goes stale in
// one process when another writes. With `objectCache` the decoded values are kept in the heap besides, and are never stale either.

import { keyvSettings } from '@mapstone/keyv/store';
import { Cacheable, type CacheableOptions, Keyv } from 'cacheable';
import { typeError } from './errors.js';
import { type FileOptions, storeOptions } from './options.js';

/** What `Cacheable` takes, without its tiers and what is between them, and the file. */
export interface CreateCacheableOptions extends FileOptions, Omit<CacheableOptions, 'primary' | 'secondary' | 'nonBlocking' | 'sync'> {}

/** The namespace is `cacheable` unless told otherwise. `disconnect()` closes the file. */
export function createCacheable(options: CreateCacheableOptions): Cacheable {
  if (typeof options !== 'object' || options === null) throw typeError('ERR_OPTION_INVALID', 'createCacheable(options): options is an object');
  for (const name of ['primary', 'secondary', 'nonBlocking', 'sync']) {
    if (name in options) throw typeError('ERR_OPTION_INVALID', `createCacheable takes no ${name}: its one tier is shared by all processes already`);
  }
  const { stats, ttl, maxTtl, namespace = 'cacheable', cacheId, tags, ...file } = options;
  const scope = typeof namespace === 'function' ? namespace() : namespace;
  const primary = new Keyv(keyvSettings({ path: file.path, ...storeOptions(file), namespace: scope }));
  // Options that are undefined are not handed on: cacheable tells "not given" from "none".
  const given = Object.fromEntries(Object.entries({ stats, ttl, maxTtl, cacheId, tags }).filter(([, value]) => value !== undefined));
  try {
    return new Cacheable({ primary, namespace, ...given });
  } catch (error) {
    // Nobody else could close the file.
    void primary.disconnect();
    throw error;
  }
}
