// Walking over all entries: every key that is there from start to end comes exactly once, also while entries are written and the index grows.
// The buckets that stood at the start are walked; of each, all that descends from it now is taken at once, so that splits neither hide nor repeat a key.

import * as L from '../layout.js';
import type { Engine } from './engine.js';

const { Control, Flag } = L;

/** An entry with all that is kept of it. `expiresAt` is in ms since 1970, Infinity for none; `flag` is the adapter's own bit. */
export interface StoreRecord {
  key: string;
  value: unknown;
  expiresAt: number;
  flag: boolean;
}

/** All live entries whose key starts with `prefix`; values are decoded only if asked for. */
export function* iterate(engine: Engine, prefix: string, withValues: boolean): Generator<StoreRecord> {
  const { core } = engine;
  core.assertOpen();
  const { index, control } = core;
  const epoch = control[Control.EPOCH];
  const buckets = index.buckets;
  for (let bucket = 0; bucket < buckets; bucket++) {
    core.assertOpen();
    // Cleared meanwhile: nothing that was there from the start is left.
    if (control[Control.EPOCH] !== epoch) return;
    yield* collect(engine, bucket, buckets, prefix, withValues);
  }
}

function collect(engine: Engine, bucket: number, buckets: number, prefix: string, withValues: boolean): StoreRecord[] {
  const { core } = engine;
  const { index, reader } = core;
  const found: StoreRecord[] = [];
  for (const now of index.descendants(bucket, buckets)) {
    index.walk(now, (words, at) => {
      reader.seek(words[at + 1]);
      reader.assertPlausible();
      if (engine.isExpired(reader)) return;
      const key = reader.keyString();
      if (!key.startsWith(prefix)) return;
      const value = withValues ? engine.valueOf(reader) : undefined;
      found.push({ key, value, expiresAt: reader.expiry, flag: (reader.meta & Flag.USER) !== 0 });
    });
  }
  return found;
}
