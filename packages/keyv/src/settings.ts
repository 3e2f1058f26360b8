// How a Keyv is set up over an adapter of its own, whichever copy of Keyv it is: values are encoded once, by the engine, and the adapter puts the namespace
// before the keys, which keeps `iterator()` right where keyv 5 would cut a key at its first ':'.
import type { KeyvOptions } from 'keyv';
import { KeyvMapstone, type KeyvMapstoneOptions } from './keyv-mapstone.js';

export type CreateKeyvOptions = Omit<KeyvMapstoneOptions, 'keyv' | 'useKeyPrefix'>;

/** What either major's constructor is given; each ignores the other's names. */
export function keyvSettings(target: string | CreateKeyvOptions, keyvOptions: Omit<KeyvOptions, 'store'> = {}): object {
  // Without either, the store says what is missing.
  const options = typeof target === 'string' ? { path: target } : ((target ?? {}) as CreateKeyvOptions);
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
