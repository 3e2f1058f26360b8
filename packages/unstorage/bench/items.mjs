// `getItem` of an object of about 300 bytes, one of 1,000, through unstorage: its drivers in memory and in files, or the store.
import { join } from 'node:path';
import mapstone from '@mapstone/unstorage';
import { createStorage } from 'unstorage';

export const title = 'unstorage: getItem of an object, 1,000 items';
export const baselines = [
  { side: 'lru-cache', label: 'its lru-cache driver', least: 1 },
  { side: 'memory', label: 'its memory driver', least: 1 },
  { side: 'fs', label: 'its fs driver', least: 10 },
];

const ITEMS = 1000;
const item = (i) => ({ id: i, name: `item ${i}`, tags: ['a', 'b', 'c'], text: 'lorem ipsum '.repeat(20) });

export async function open(dir, side) {
  const storage = createStorage({ driver: await driver(dir, side) });
  for (let i = 0; i < ITEMS; i++) await storage.setItem(`items:${i}`, item(i));
  let next = 0;
  const hit = async () => {
    const i = next++ % ITEMS;
    const found = await storage.getItem(`items:${i}`);
    return found.id === i && found.text.length === 240;
  };
  return { hit, close: () => storage.dispose() };
}

async function driver(dir, side) {
  if (side === 'mapstone') return mapstone({ path: join(dir, 'store.mapstone') });
  const { default: make } = await import(`unstorage/drivers/${side}`);
  return make({ base: join(dir, 'files'), ...(side === 'lru-cache' ? { max: ITEMS } : {}) });
}
