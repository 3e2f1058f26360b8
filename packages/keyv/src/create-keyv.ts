// A Keyv over a store of its own view, set up as only a helper can: values are encoded once, by the engine, and the adapter puts the
// namespace before the keys, which keeps `iterator()` right where keyv 5 would cut a key at its first ':'.
import { Keyv, type KeyvOptions } from 'keyv';
import { KeyvMapstone, type KeyvMapstoneOptions } from './keyv-mapstone.js';

export type CreateKeyvOptions = Omit<KeyvMapstoneOptions, 'keyv' | 'useKeyPrefix'>;

/**
 * The namespace is `keyv` unless told otherwise, under both majors; '' is none.
 * `keyvOptions` go to Keyv's constructor: `ttl`, `stats`, `throwOnErrors` and so on.
 */
export function createKeyv<Value = any>(target: string | CreateKeyvOptions, keyvOptions?: Omit<KeyvOptions, 'store'>): Keyv<Value> {
  return new Keyv<Value>(keyvSettings(target, keyvOptions));
}

/** What either major's constructor is given; each ignores the other's names. */
export function keyvSettings(target: string | CreateKeyvOptions, keyvOptions: Omit<KeyvOptions, 'store'> = {}): object {
  const options = typeof target === 'string' ? { path: target } : target;
  return {
    serialize: undefined,
    deserialize: undefined,
    serialization: false,
    // Keyv 6 would check each expiry again, which the engine has just done; keyv 5 can't be told.
    checkExpired: false,
    ...keyvOptions,
    // An undefined namespace is a forgotten one: with none at all, clear() would take everything.
    namespace: keyvOptions.namespace ?? options.namespace ?? 'keyv',
    useKeyPrefix: false,
    store: new KeyvMapstone({ ...options, useKeyPrefix: false }),
  };
}
