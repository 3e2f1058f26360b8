// A hit of a function with 'use cache', its stream read: the handler beside Next's own, which keeps entries in the memory of one process. Next is where the example has it installed.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createUseCacheHandler } from '@mapstone/next';

export const title = "'use cache', an entry of 2 KB, 1,000 entries";
export const baselines = [{ side: 'memory', label: "Next's memory", least: 1 }];

const ENTRIES = 1000;
const SIZE = 2000;

export async function open(dir, side) {
  const handler = side === 'mapstone' ? own(dir) : nexts();
  for (let i = 0; i < ENTRIES; i++) {
    const value = new Blob([String(i).padEnd(SIZE, '.')]).stream();
    const entry = { value, tags: ['posts', `post-${i}`], stale: 300, timestamp: Date.now(), expire: 86_400, revalidate: 3600 };
    await handler.set(`["build","function",[${i}]]`, Promise.resolve(entry));
  }
  let next = 0;
  const hit = async () => {
    const i = next++ % ENTRIES;
    const entry = await handler.get(`["build","function",[${i}]]`, []);
    let length = 0;
    const reader = entry.value.getReader();
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) length += value.length;
    return length === SIZE;
  };
  return { hit, close: () => {} };
}

function own(dir) {
  const onError = (error) => {
    throw error;
  };
  return createUseCacheHandler({ path: join(dir, 'next.mapstone'), onError });
}

function nexts() {
  const require = createRequire(new URL('../../../examples/next/package.json', import.meta.url));
  return require('next/dist/server/lib/cache-handlers/default.js').createDefaultCacheHandler(50 * 2 ** 20);
}
