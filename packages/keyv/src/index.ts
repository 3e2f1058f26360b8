// The public names of @mapstone/keyv.
export { closeAll } from '@mapstone/engine';
export type { BatchEntry, Capabilities, Envelope } from './contract.js';
export { createKeyv } from './create-keyv.js';
export { KeyvMapstone, KeyvMapstone as default, type KeyvMapstoneOptions } from './keyv-mapstone.js';
export type { CreateKeyvOptions } from './settings.js';
