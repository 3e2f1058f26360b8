// `getItemRaw` of 10 KB of bytes, one of 1,000, through unstorage.
import { join } from 'node:path';
import mapstone from '@mapstone/unstorage';
import { createStorage } from 'unstorage';

export const title = 'unstorage: getItemRaw of 10 KB, 1,000 items';
export const baselines = [{ side: 'fs', label: 'its fs driver', least: 10 }];

const ITEMS = 1000;

export async function open(dir, side) {
  const { default: fs } = await import('unstorage/drivers/fs');
  const storage = createStorage({ driver: side === 'mapstone' ? mapstone({ path: join(dir, 'store.mapstone') }) : fs({ base: join(dir, 'files') }) });
  for (let i = 0; i < ITEMS; i++) await storage.setItemRaw(`items:${i}`, Buffer.alloc(10_000, i));
  let next = 0;
  const hit = async () => {
    const i = next++ % ITEMS;
    const found = await storage.getItemRaw(`items:${i}`);
    return found.length === 10_000 && found[9_999] === i % 256;
  };
  return { hit, close: () => storage.dispose() };
}
