// A trace replayed over a cache: each request is a get, and after a miss a set. One new cache for each capacity.
import { loadTrace } from '../traces/index.mjs';

const MOST_BYTES = 1 << 20;

/** Flat strings, each brand new; the object's number leads its value, so that no value can pass for another's. */
function createValues() {
  const bytes = Buffer.alloc(MOST_BYTES, 'x');
  return (id, length) => {
    bytes.fill('x', 0, 8);
    bytes.latin1Write(id.toString(36), 0);
    return bytes.latin1Slice(0, length);
  };
}

/** get, and after a miss set; what a get answers must be what was set last. */
function requester(cache, objects) {
  const sizes = new Uint32Array(objects);
  const makeValue = createValues();
  const judge = (key, id, value) => {
    if (value.length !== sizes[id] || !value.startsWith(id.toString(36).slice(0, value.length))) throw new Error(`${key} answered another value`);
    return true;
  };
  const valueFor = (id, bytes) => {
    sizes[id] = bytes;
    return makeValue(id, bytes);
  };
  return {
    request(id, bytes) {
      const key = String(id);
      const value = cache.get(key);
      if (value !== undefined) return judge(key, id, value);
      cache.set(key, valueFor(id, bytes));
      return false;
    },
    async requestAsync(id, bytes) {
      const key = String(id);
      const value = await cache.get(key);
      if (value !== undefined) return judge(key, id, value);
      await cache.set(key, valueFor(id, bytes));
      return false;
    },
  };
}

/** @returns {Promise<{ footprint: number, requests: number, objects: number, sizes: { share: number, capacity: number, misses: number, ms: number }[] }>} */
export async function runReplay({ open, async }, { trace, shares, dir, ...options }) {
  const { ids, bytes, objects, footprint } = loadTrace(trace, options);
  const mean = footprint / objects;
  const sizes = [];
  for (const share of shares) {
    const capacity = Math.floor(footprint * share);
    const cache = await open({ dir, capacity, entries: Math.max(1, Math.round(capacity / mean)) });
    const { request, requestAsync } = cache.request ? cache : requester(cache, objects);
    const start = performance.now();
    let misses = 0;
    if (async) {
      for (let i = 0; i < ids.length; i++) if (!(await requestAsync(ids[i], bytes[i]))) misses++;
    } else for (let i = 0; i < ids.length; i++) if (!request(ids[i], bytes[i])) misses++;
    const ms = performance.now() - start;
    sizes.push({ share, capacity, misses, ms, held: await cache.held?.() });
    await cache.close?.();
  }
  return { footprint, requests: ids.length, objects, sizes };
}
