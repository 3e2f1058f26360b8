// Walking over all entries: every key that is there from start to end comes exactly once, also while entries are written and the index grows.
// The buckets that stood at the start are walked; of each, all that descends from it now is taken at once, so that splits neither hide nor repeat a key.

import type { NotedRead } from '../hash-index/linear-hash.js';
import * as L from '../layout.js';
import type { Engine } from './engine.js';
import { AGAIN } from './reading.js';

const { Control } = L;

/** An entry with all that is kept of it. `expiresAt` is in ms since 1970, Infinity for none; `flag` is the adapter's own bit; `bytes` is what it takes in the file, key and header included. */
export interface StoreRecord {
  key: string;
  value: unknown;
  expiresAt: number;
  flag: boolean;
  bytes: number;
}

export interface Usage {
  entries: number;
  /** In the file, keys and headers included. */
  bytes: number;
}

/** What the live entries whose key starts with `prefix` take together. */
export function usageOf(engine: Engine, prefix: string): Usage {
  const usage = { entries: 0, bytes: 0 };
  for (const { bytes } of iterate(engine, prefix, false)) {
    usage.entries++;
    usage.bytes += bytes;
  }
  return usage;
}

export function* keysOf(records: Iterable<StoreRecord>): Generator<string> {
  for (const { key } of records) yield key;
}

export function* pairsOf(records: Iterable<StoreRecord>): Generator<[string, unknown]> {
  for (const { key, value } of records) yield [key, value];
}

/** All live entries whose key starts with `prefix`; values are decoded only if asked for. */
export function* iterate(engine: Engine, prefix: string, withValues: boolean): Generator<StoreRecord> {
  const { core, reading } = engine;
  core.assertOpen();
  const { index, control } = core;
  const epoch = control[Control.EPOCH];
  const buckets = index.buckets;
  for (let bucket = 0; bucket < buckets; bucket++) {
    core.assertOpen();
    // Cleared meanwhile: nothing that was there from the start is left.
    if (control[Control.EPOCH] !== epoch) return;
    yield* reading.insist(() => collect(engine, bucket, buckets, prefix, withValues));
  }
}

/** What descends from a bucket, all as of one moment. */
function collect(engine: Engine, bucket: number, buckets: number, prefix: string, withValues: boolean): StoreRecord[] | typeof AGAIN {
  const { core, reading } = engine;
  const { index, reader, control } = core;
  const found: StoreRecord[] = [];
  const noted: NotedRead[] = [];
  const epoch = control[Control.EPOCH];
  const now = Atomics.load(control, Control.BUCKETS);
  const isStable = () => index.areStable(noted, epoch) && Atomics.load(control, Control.BUCKETS) === now;
  try {
    for (const descendant of index.descendants(bucket, buckets, now)) {
      if (!index.beginRead(descendant << 2)) return AGAIN;
      noted.push(index.notedRead());
      index.walk(descendant, (words, at) => {
        reader.seek(words[at + 1]);
        reader.assertPlausible();
        if (reading.isExpired(reader)) return;
        const key = reader.keyString();
        if (!key.startsWith(prefix)) return;
        const { allBytes: bytes } = reader;
        found.push({ key, bytes, ...(withValues ? reading.entryOf(reader) : { value: undefined, ...reading.metaOf(reader) }) });
      });
    }
  } catch (error) {
    if (isStable()) throw error;
    return AGAIN;
  }
  return isStable() ? found : AGAIN;
}
