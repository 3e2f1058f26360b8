// One of a crowd: a process, or a thread, that reads and writes one store as fast as it can, and judges everything it reads. Started by crowd.ts.

import { setImmediate as turn } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { openStore } from '../../packages/engine/dist/index.js';
import { othersTime } from '../support/others-time.mjs';
import { Board, Count, OWNED } from './board.mjs';
import * as H from './history.mjs';

// Ctrl-C reaches all processes of a terminal; when this one ends is for its parent to say.
process.on('SIGINT', () => {});
const { path, member, members, seed, writes, mapping, objectCache } = workerData ?? JSON.parse(process.argv[2]);

// xorshift32: the same choices for the same seed, as far as the others let it.
let state = (seed * 7919 + member * 104_729) | 1;
function below(limit) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}

const board = new Board(`${path}.board`);
const store = openStore(path, {
  segmentSize: 16_384,
  flush: { every: 20 },
  busyTimeout: 20_000,
  ...(mapping && { mapping }),
  ...(objectCache && { objectCache: { maxEntries: 100 } }),
});
const history = new H.History(board);
/** Of each owned key: its last write. One that a SIGKILL interrupted may have taken effect or not: the next write settles it. */
const last = Array.from({ length: OWNED }, (_, i) => board.lastStarted(member, i));
/** Keys that it adds and takes away again, so that the store grows, splits and is cleaned. */
const grown = [];

function write() {
  const kind = below(100);
  if (kind < 40) writeOwned(below(OWNED));
  else if (kind < 60) writeContended(below(H.CONTENDED));
  else if (kind < 75) writeBatch(below(H.BATCHES));
  else if (kind < 85) {
    const i = below(H.STABLE);
    store.set(H.stableKey(i), H.stableValue(i));
  } else grow();
}

function writeOwned(i) {
  const n = ++last[i];
  board.started(member, i, n);
  const key = H.ownedKey(member, i);
  const kind = H.kindOf(i, n);
  if (kind === 'delete') store.delete(key);
  else if (kind === 'set') store.set(key, H.ownedValue(member, i, n, 0));
  else {
    const expiresAt = Date.now() + 1 + below(10);
    store.set(key, H.ownedValue(member, i, n, expiresAt), { expiresAt });
  }
  board.returned(member, i, n);
}

function writeContended(i) {
  const key = H.contendedKey(i);
  if (below(8) === 0) {
    store.delete(key);
    return history.deleted(key);
  }
  const number = board.nextNumber(member);
  store.set(key, H.contendedValue(i, member, number));
  history.wrote(key, { writer: member, number });
}

function writeBatch(batch) {
  const keys = Array.from({ length: H.BATCH_KEYS }, (_, i) => H.batchKey(batch, i));
  board.add(member, Count.BATCHES);
  if (below(8) === 0) {
    store.deleteMany(keys);
    return history.deleted(`batch:${batch}`);
  }
  const number = board.nextNumber(member);
  const value = H.batchValue(batch, member, number);
  store.setMany(keys.map((key) => ({ key, value })));
  history.wrote(`batch:${batch}`, { writer: member, number });
}

function grow() {
  if (grown.length < 400 || below(2) === 0) {
    const key = `grown:${member}:${process.pid}:${board.nextNumber(member)}`;
    const value = key.repeat(1 + below(30));
    store.set(key, value);
    grown.push([key, value]);
  } else {
    const [[key, value]] = grown.splice(below(grown.length), 1);
    if (store.get(key) !== value) throw new H.Wrong(`${key}, which its writer alone knows, has changed`);
    if (!store.delete(key)) throw new H.Wrong(`${key} was gone before it was deleted`);
  }
}

function read() {
  const kind = below(100);
  if (kind < 45) history.readOwned(store, below(members), below(OWNED));
  else if (kind < 60) history.readContended(store, below(H.CONTENDED));
  else if (kind < 70) history.readBatch(store, below(H.BATCHES));
  else history.readStable(store, below(H.STABLE));
}

/** When the lock's holder was last known to be alive, or else this write began; and how long after that the lock was had and repaired. */
let alive;
let afterDeath;

function watchTheLock({ openers, lock }) {
  alive = now();
  const isAlive = openers.isAlive.bind(openers);
  openers.isAlive = (word) => {
    const answer = isAlive(word);
    if (answer) alive = now();
    return answer;
  };
  const repair = lock.afterDeath;
  lock.afterDeath = () => {
    repair();
    afterDeath = since(alive);
  };
}

const now = () => ({ at: performance.now(), others: othersTime() });
/** Milliseconds, less those in which other programs had the processor. */
const since = ({ at, others }) => Math.max(0, performance.now() - at - (othersTime() - others));

/** A write that takes the lock from a dead holder waits for two things: for the kernel to end the holder, and for what the store does then. */
function timedWrite() {
  const start = now();
  alive = start;
  afterDeath = undefined;
  write();
  if (afterDeath !== undefined) board.tookOver(member, since(start) * 1000, afterDeath * 1000);
}

watchTheLock(store.engine.core);
try {
  process.stdout.write(workerData ? '' : 'open\n');
  let round = 0;
  while (!board.stopped) {
    for (let i = 0; i < 100; i++) read();
    board.add(member, Count.READS, 100);
    for (let i = 0; i < writes; i++) timedWrite();
    board.add(member, Count.WRITES, writes);
    // A turn for the flush timer.
    if (++round % 20 === 0) await turn();
    if (round % 400 === 0) {
      history.walk(store);
      board.add(member, Count.WALKS);
    }
    if (round % 3000 === 0 && member === 0) store.compact();
  }
  const stats = store.stats();
  board.add(member, Count.RETRIES, stats.retries.own);
  board.add(member, Count.LOCK_WAITS, stats.lockWaits.own);
  board.add(member, Count.CACHE_HITS, stats.objectCache.hits);
  store.close();
  board.add(member, Count.LEFT);
} catch (error) {
  board.stop();
  const said = `member ${member} (${mapping ?? 'default mapping'}, seed ${seed}): ${error.stack}`;
  if (workerData) throw new Error(said, { cause: error });
  process.stdout.write(`wrong ${JSON.stringify(said)}\n`, () => process.exit(1));
}
