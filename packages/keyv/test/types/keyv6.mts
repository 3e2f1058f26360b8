// Compiled, not run (types.slow.test.ts): what a user of keyv 6 writes, under `tsc --strict`. There `keyv` is version 6.

import KeyvMapstone, { createKeyv, type KeyvMapstoneOptions } from '@mapstone/keyv';
import Keyv, { type KeyvStorageAdapter, type KeyvStorageCapability, type KeyvStoreAdapter } from 'keyv';

const options: KeyvMapstoneOptions = { path: 'data.mapstone', maxSize: 2 ** 30, namespace: 'n', keyv: 6 };
const adapter: KeyvStorageAdapter = new KeyvMapstone(options);
const oldName: KeyvStoreAdapter = new KeyvMapstone('data.mapstone');
new Keyv({ store: new KeyvMapstone('data.mapstone') });
new Keyv({ store: adapter, serialization: false });
new Keyv(oldName, { namespace: 'users', ttl: 1000 });
export const capabilities: KeyvStorageCapability = new KeyvMapstone('data.mapstone').capabilities;

const keyv: Keyv<{ name: string }> = createKeyv<{ name: string }>('data.mapstone', { ttl: 1000 });
export const name: Promise<string | undefined> = keyv.get('k').then((user) => user?.name);
export const major6: Promise<boolean[]> = keyv.deleteMany(['a', 'b']);
