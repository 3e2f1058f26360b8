// Keyv 5 and 6 over several stores. Every call is awaited by the harness; nothing is stored with a ttl.
import { join } from 'node:path';
import { Keyv } from 'keyv';
import { Keyv as Keyv6 } from 'keyv6';

/** The least an adapter over lmdb can be: it pays for Keyv's serializer, as the published adapters do. */
async function overLmdb(dir) {
  const { open: openLmdb } = await import('lmdb');
  const db = openLmdb({ path: join(dir, 'keyv.lmdb'), encoding: 'string', noSync: true });
  const store = {
    get: (key) => db.get(key),
    set: (key, value) => db.putSync(key, value),
    delete: (key) => db.removeSync(key),
    clear: () => db.clearSync(),
  };
  return {
    keyv: new Keyv({ store }),
    async close() {
      await db.flushed;
      await db.close();
    },
  };
}

async function overMapstone(dir, mapping) {
  const { createKeyv } = await import('@mapstone/keyv');
  const keyv = createKeyv({ path: join(dir, 'keyv.mapstone'), mapping });
  return { keyv, close: () => keyv.disconnect() };
}

/** `createKeyv` takes the `keyv` that is installed beside it, which is 5 here: so the same settings go to keyv 6. */
async function sixOverMapstone(dir, mapping) {
  const { keyvSettings } = await import(new URL('../../../keyv/dist/settings.js', import.meta.url).href);
  const keyv = new Keyv6(keyvSettings({ path: join(dir, 'keyv.mapstone'), mapping }));
  return { keyv, close: () => keyv.disconnect() };
}

const KINDS = {
  map: () => ({ keyv: new Keyv({ store: new Map() }) }),
  'map-raw': () => ({ keyv: new Keyv({ store: new Map(), serialize: undefined, deserialize: undefined }) }),
  lmdb: overLmdb,
  'mmap-io': (dir) => overMapstone(dir, 'mmap-io'),
  koffi: (dir) => overMapstone(dir, 'koffi'),
  'map 6': () => ({ keyv: new Keyv6({ store: new Map() }) }),
  'map-raw 6': () => ({ keyv: new Keyv6({ store: new Map(), serialization: false }) }),
  'mmap-io 6': (dir) => sixOverMapstone(dir, 'mmap-io'),
  'koffi 6': (dir) => sixOverMapstone(dir, 'koffi'),
};

export async function open(dir, variant) {
  const { keyv, close } = await KINDS[variant](dir);
  // Keyv reports a failing store as an event and answers undefined: here that must end the run.
  keyv.on('error', (error) => {
    throw error;
  });
  return {
    get: (key) => keyv.get(key),
    set: (key, value) => keyv.set(key, value),
    delete: (key) => keyv.delete(key),
    close,
  };
}
