// A hit of an ISR page: the handler beside Next's own file handler, reading its files (`cacheMaxMemorySize: 0`, which a second process needs) and with its memory in
// front. Next is where the example has it installed (`npm run test:next`).
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createCacheHandler } from '@mapstone/next';

export const title = 'an ISR page of 50 KB, 100 pages';
export const baselines = [
  { side: 'files', label: "Next's files", least: 10 },
  { side: 'memory', label: "Next's files, from memory", least: 1 },
];

const PAGES = 100;
const CONTEXT = { kind: 'APP_PAGE', isFallback: false, isRoutePPREnabled: false };

const page = (i) => ({
  kind: 'APP_PAGE',
  html: `<!DOCTYPE html><p>${i}</p>`.padEnd(30_000, 'lorem ipsum '),
  rscData: Buffer.alloc(12_000, `${i} rsc `),
  headers: { 'x-next-cache-tags': `_N_T_/layout,_N_T_/page/${i}` },
  postponed: undefined,
  status: 200,
  segmentData: new Map(['/_tree', '/_index', '/page', '/page/$d$slug'].map((name) => [name, Buffer.alloc(2000, name)])),
});

export async function open(dir, side) {
  const handler = side === 'mapstone' ? own(dir) : nexts(dir, side === 'memory' ? 50 * 2 ** 20 : 0);
  const set = { cacheControl: { revalidate: 3600, expire: 31_536_000 } };
  for (let i = 0; i < PAGES; i++) await handler.set(`/page/${i}`, page(i), set);
  let next = 0;
  const hit = async () => {
    const i = next++ % PAGES;
    const entry = await handler.get(`/page/${i}`, CONTEXT);
    return entry?.value.html.startsWith(`<!DOCTYPE html><p>${i}<`) && entry.value.segmentData.size === 4 && entry.value.rscData.length === 12_000;
  };
  return { hit, close: () => {} };
}

function own(dir) {
  const onError = (error) => {
    throw error;
  };
  return new (createCacheHandler({ path: join(dir, 'next.mapstone'), onError }))({ revalidatedTags: [] });
}

function nexts(dir, maxMemoryCacheSize) {
  const require = createRequire(new URL('../../../examples/next/package.json', import.meta.url));
  const { default: FileSystemCache } = require('next/dist/server/lib/incremental-cache/file-system-cache.js');
  const { nodeFs } = require('next/dist/server/lib/node-fs-methods.js');
  const serverDistDir = join(dir, 'server');
  mkdirSync(serverDistDir, { recursive: true });
  return new FileSystemCache({ fs: nodeFs, flushToDisk: true, serverDistDir, revalidatedTags: [], maxMemoryCacheSize });
}
