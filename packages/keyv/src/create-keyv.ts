// A Keyv over a store of its own view, set up as only a helper can.
import { Keyv, type KeyvOptions } from 'keyv';
import { type CreateKeyvOptions, keyvSettings } from './settings.js';

/**
 * The namespace is `keyv` unless told otherwise, under both majors; '' is none.
 * `keyvOptions` go to Keyv's constructor: `ttl`, `stats`, `throwOnErrors` and so on.
 */
export function createKeyv<Value = any>(target: string | CreateKeyvOptions, keyvOptions?: Omit<KeyvOptions, 'store'>): Keyv<Value> {
  return new Keyv<Value>(keyvSettings(target, keyvOptions));
}
