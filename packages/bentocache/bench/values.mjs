// `get` of an object of about 300 bytes, one of 1,000, through bentocache with one level: its memory, its files, or the store.
import { join } from 'node:path';
import { mapstoneDriver } from '@mapstone/bentocache';
import { BentoCache, bentostore } from 'bentocache';
import { fileDriver } from 'bentocache/drivers/file';
import { memoryDriver } from 'bentocache/drivers/memory';

export const title = 'bentocache: get of an object, 1,000 keys';
export const baselines = [
  { side: 'memory', label: 'its memory driver', least: 1 },
  { side: 'file', label: 'its file driver', least: 10 },
];

const KEYS = 1000;
const value = (i) => ({ id: i, name: `item ${i}`, tags: ['a', 'b', 'c'], text: 'lorem ipsum '.repeat(20) });

export async function open(dir, side) {
  const cache = new BentoCache({ default: 'app', stores: { app: level(dir, side) } });
  for (let i = 0; i < KEYS; i++) await cache.set({ key: `k${i}`, value: value(i), ttl: '1h' });
  let next = 0;
  const hit = async () => {
    const i = next++ % KEYS;
    const found = await cache.get({ key: `k${i}` });
    return found.id === i && found.text.length === 240;
  };
  return { hit, close: () => cache.disconnect() };
}

function level(dir, side) {
  if (side === 'memory') return bentostore().useL1Layer(memoryDriver({ maxItems: KEYS + 1 }));
  return bentostore().useL2Layer(
    side === 'file' ? fileDriver({ directory: join(dir, 'files'), pruneInterval: false }) : mapstoneDriver({ path: join(dir, 'cache.mapstone') }),
  );
}
