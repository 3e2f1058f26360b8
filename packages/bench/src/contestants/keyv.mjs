// Keyv over several stores. Every call is awaited by the harness; nothing is stored with a ttl.
import { join } from 'node:path';
import { Keyv } from 'keyv';

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

const KINDS = {
  map: () => ({ keyv: new Keyv({ store: new Map() }) }),
  'map-raw': () => ({ keyv: new Keyv({ store: new Map(), serialize: undefined, deserialize: undefined }) }),
  lmdb: overLmdb,
  'mmap-io': (dir) => overMapstone(dir, 'mmap-io'),
  koffi: (dir) => overMapstone(dir, 'koffi'),
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
