// A recorded trace from a CSV file with the columns time, id, size (bytes): by default `cloudPhysicsIO`, the sample of a virtual disk's requests that libCacheSim
// carries. It is not part of this project (GPL-3.0). Sizes are divided by 8, so that a cache of a fifth of its 2 GB fits anywhere.
import { readFileSync } from 'node:fs';
import { makeTrace } from './trace.mjs';

const DIVISOR = 8;

/** @param {string} file */
export function readTrace(file) {
  const keys = [];
  const sizes = [];
  const [head, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  if (head.trim() !== 'time,id,size') throw new TypeError(`${file} begins with "${head.slice(0, 40)}", not with the columns time,id,size`);
  for (const [i, line] of lines.entries()) {
    const [, id, size] = line.split(',');
    const bytes = Number(size);
    if (!(bytes > 0 && bytes < 2 ** 31)) throw new TypeError(`${file}, line ${i + 2}: ${line.slice(0, 40)} has no size in bytes`);
    keys.push(id);
    sizes.push(Math.max(1, Math.round(bytes / DIVISOR)));
  }
  return makeTrace(keys, sizes);
}
