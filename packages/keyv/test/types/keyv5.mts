// Compiled, not run (types.slow.test.ts): what a user of keyv 5 writes, under `tsc --strict`.

import KeyvMapstone, { createKeyv, type KeyvMapstoneOptions, KeyvMapstone as Named } from '@mapstone/keyv';
import { KeyvMapstone as FromStore } from '@mapstone/keyv/store';
import { Cacheable } from 'cacheable';
import Keyv, { type KeyvStoreAdapter } from 'keyv';

const options: KeyvMapstoneOptions = { path: 'data.mapstone', maxSize: 2 ** 30, namespace: 'n', keyv: 5 };
const adapter: KeyvStoreAdapter = new KeyvMapstone(options);
new Keyv({ store: new KeyvMapstone('data.mapstone') });
new Keyv(new Named('data.mapstone'), { namespace: 'users', ttl: 1000 });
new Keyv<string>({ store: adapter });
new Cacheable({ primary: new KeyvMapstone('a.mapstone'), secondary: createKeyv('b.mapstone') });

const keyv: Keyv<{ name: string }> = createKeyv<{ name: string }>({ path: 'data.mapstone', namespace: 'users' }, { ttl: 1000 });
export const name: Promise<string | undefined> = keyv.get('k').then((user) => user?.name);
export const flushed: Promise<void> = new FromStore('data.mapstone').engine.flush();

// @ts-expect-error a path is needed
new KeyvMapstone({ namespace: 'n' });
// @ts-expect-error there is no keyv 7
new KeyvMapstone({ path: 'data.mapstone', keyv: 7 });
// @ts-expect-error createKeyv finds the major out by itself
createKeyv({ path: 'data.mapstone', keyv: 5 });
