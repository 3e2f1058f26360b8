// Generated traces: 100,000 objects asked for by Zipf's law, of 200 to 4,000 bytes, most of them small. Optionally with what hurts a cache: a fifth of all requests are for
// objects never asked for again (one-hit wonders), and 5,000 objects at a stretch are read in order, once in 100,000 requests (scans).
import { createRandom } from '../workload.mjs';
import { makeTrace } from './trace.mjs';

const OBJECTS = 100_000;
const LEAST_BYTES = 200;
const MOST_BYTES = 4000;
const WONDERS = 0.2;
const SCAN_EVERY = 100_000;
const SCAN_LENGTH = 5000;
/** Objects that scans go through, over and over. */
const SCANNED = 40_000;

/** Zipf's law over ranks 0..n-1: what it returns turns a number from 0 to 1 into a rank. */
function zipf(n, alpha) {
  const upTo = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i++) upTo[i] = sum += (i + 1) ** -alpha;
  return (share) => {
    const wanted = share * sum;
    let low = 0;
    let high = n - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** @param {{ alpha: number, isHard: boolean, requests: number, seed: number }} options */
export function generateTrace({ alpha, isHard, requests, seed }) {
  const next = createRandom(seed);
  const random = () => next() / 2 ** 32;
  const rank = zipf(OBJECTS, alpha);
  const sizes = new Map();
  const keys = [];
  const bytes = [];
  const ask = (key) => {
    // Drawn when first asked for, so that size and popularity have nothing to do with each other.
    if (!sizes.has(key)) sizes.set(key, Math.round(LEAST_BYTES + (MOST_BYTES - LEAST_BYTES) * random() ** 2));
    keys.push(key);
    bytes.push(sizes.get(key));
  };
  let wonders = 0;
  let scanned = 0;
  while (keys.length < requests) {
    if (isHard && keys.length % SCAN_EVERY === SCAN_EVERY - 1) {
      for (let i = 0; i < SCAN_LENGTH; i++) ask(`scan ${scanned++ % SCANNED}`);
    } else if (isHard && random() < WONDERS) ask(`wonder ${wonders++}`);
    else ask(rank(random()));
  }
  return makeTrace(keys, bytes);
}
