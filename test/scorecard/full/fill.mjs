// Fills stores on a tmpfs of one size after the other: `node fill.mjs <mount point> <mapping> <seed> <size ...>`. It mounts each, and says by a line what was wrong, if anything.
// In a process of its own: a store into a page that the disk has no room for would be a SIGBUS, and end it.
import { execFileSync } from 'node:child_process';
import { readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../../packages/engine/dist/index.js';

const [disk, mapping, seedText, ...sizes] = process.argv.slice(2);
const path = join(disk, 'store');
const options = { mapping, segmentSize: 4096, flush: 'manual' };
const PAGE = 4096;
const ROOM = 2 * 2 ** 20;
let state = Number(seedText);

function next() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

const mount = (size) => execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk]);
const enlarge = (size) => execFileSync('mount', ['-o', `remount,size=${size}`, disk]);
/** Lazily: pages that mmap-io has mapped end with the collector, and with them the last of this disk. */
const unmount = () => execFileSync('umount', ['-l', disk]);
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Writes until the store says that it is full; `held` is what returned. */
async function fill(store, held, label) {
  for (let i = 0; i < 100_000; i++) {
    const key = `key ${Math.floor(next() * 40_000)}`;
    const length = next() < 0.02 ? 5000 + Math.floor(next() * 20_000) : Math.floor(next() * 400);
    const value = `${label} ${i} `.padEnd(length, 'x');
    try {
      if (next() < 0.1) {
        store.setMany([
          { key, value },
          { key: `${key} too`, value },
        ]);
        held.set(`${key} too`, value);
      } else store.set(key, value);
      held.set(key, value);
    } catch (error) {
      if (error.code !== 'ERR_STORE_FULL') throw error;
      return;
    }
    // The zeros for the next half are written in the background: they too must meet the end of the disk.
    if (i % 50 === 49) await turn();
  }
  throw new Error('it never said that it is full');
}

function compare(store, held, when) {
  const contents = new Map(store.entries());
  for (const [key, value] of held) if (contents.get(key) !== value) throw new Error(`${when}: '${key}' is not what was stored`);
  if (contents.size !== held.size) throw new Error(`${when}: ${contents.size} entries instead of ${held.size}`);
  const [finding] = store.check();
  if (finding !== undefined) throw new Error(`${when}: check() finds ${finding.invariant}: ${finding.message}`);
}

async function tryOne(size) {
  const held = new Map();
  let store;
  try {
    store = openStore(path, options);
  } catch (error) {
    if (error.code !== 'ERR_STORE_FULL') throw error;
    if (readdirSync(disk).length > 0) throw new Error(`a store that does not fit leaves ${readdirSync(disk)} behind`);
    return;
  }
  await fill(store, held, 'first');
  await turn();
  compare(store, held, 'full');
  for (const key of held.keys()) {
    if (next() < 0.5) continue;
    if (!store.delete(key)) throw new Error(`'${key}' could not be deleted`);
    held.delete(key);
  }
  compare(store, held, 'half deleted');
  await fill(store, held, 'second');
  if (next() < 0.5) await store.flush();
  else store.flushSync();
  compare(store, held, 'full again');
  store.close();
  // What was being written ahead lands before the file is let go.
  await turn();
  store = openStore(path, options);
  compare(store, held, 'opened again');
  enlarge(size + ROOM);
  for (let i = 0; i < 200; i++) {
    store.set(`more ${i}`, 'y'.repeat(300));
    held.set(`more ${i}`, 'y'.repeat(300));
  }
  await store.flush();
  compare(store, held, 'with space again');
  store.close();
  await turn();
}

for (const size of sizes.map(Number)) {
  writeSync(1, `${size} `);
  let wrong = '';
  mount(Math.ceil(size / PAGE) * PAGE);
  try {
    await tryOne(size);
  } catch (error) {
    wrong = (error.stack ?? String(error)).replaceAll('\n', ' | ');
  }
  unmount();
  writeSync(1, `${wrong}\n`);
}
