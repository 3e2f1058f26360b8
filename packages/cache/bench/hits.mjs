// `getOrSet` of an object of about 300 bytes, one of 1,000, that is there: the shared file, beside cacheable over the memory of one process.
import { join } from 'node:path';
import { MapstoneCache } from '@mapstone/cache';
import { Cacheable } from 'cacheable';

export const title = 'cache: getOrSet of an object, 1,000 keys';
export const baselines = [{ side: 'cacheable', label: 'cacheable over memory', least: 1 }];

const KEYS = 1000;
const value = (i) => ({ id: i, name: `item ${i}`, tags: ['a', 'b', 'c'], text: 'lorem ipsum '.repeat(20) });

export async function open(dir, side) {
  const cache = side === 'cacheable' ? new Cacheable({ ttl: '1h' }) : new MapstoneCache({ path: join(dir, 'cache.mapstone'), ttl: '1h' });
  for (let i = 0; i < KEYS; i++) await cache.set(`k${i}`, value(i));
  let next = 0;
  const hit = async () => {
    const i = next++ % KEYS;
    const found = await cache.getOrSet(`k${i}`, async () => undefined);
    return found.id === i && found.text.length === 240;
  };
  return { hit, close: () => (side === 'cacheable' ? cache.disconnect() : cache.close()) };
}
