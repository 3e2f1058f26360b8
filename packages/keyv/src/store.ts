// The adapter without `createKeyv`: this entry loads no `keyv`, for those whose Keyv comes from elsewhere (cacheable brings its own).
export type { BatchEntry, Capabilities, Envelope } from './contract.js';
export { KeyvMapstone, KeyvMapstone as default, type KeyvMapstoneOptions } from './keyv-mapstone.js';
export { type CreateKeyvOptions, keyvSettings } from './settings.js';
