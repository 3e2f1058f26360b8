// A value made of the one before it: read without a lock, changed by the caller, and stored if its bucket is as it was. Else it is read again (optimistic
// concurrency control). The caller's code never runs under the writer lock: it may take its time, throw, or use the store.

import { StoreError, typeError } from '../errors.js';
import { nap } from '../file/patience.js';
import { EncodedValue, encodeValue } from '../log/codec.js';
import type { Engine } from './engine.js';
import type { StoreEntry } from './reading.js';

/** What the function given to `update` returns to leave the entry as it is. */
export const KEEP: unique symbol = Symbol('keep');

export type Change = (value: unknown, entry: StoreEntry | undefined) => unknown;

/** Tries before the first nap: somebody else has got on at each of them. */
const TRIES = 10;

export function update(engine: Engine, key: string, change: Change, metaFor: (entry: StoreEntry | undefined) => { flags: number; expiry: number }): unknown {
  const { core } = engine;
  const end = performance.now() + core.busyTimeout;
  for (let tries = 1; ; tries++) {
    core.assertWritable();
    const { entry, read, epoch } = engine.reading.noted(key);
    const value = change(entry?.value, entry);
    if (value === KEEP || (value === undefined && entry === undefined)) return entry?.value;
    if (typeof (value as { then?: unknown } | undefined)?.then === 'function') {
      throw typeError('ERR_OPTION_INVALID', 'the function of update() is synchronous: it must not return a promise. Nothing was changed');
    }
    const { flags, expiry } = metaFor(entry);
    const encoded = value === undefined ? undefined : new EncodedValue();
    if (encoded !== undefined) encodeValue(value, encoded);
    // What has expired since it was read is another entry.
    const isStill = () => core.index.areStable([read], epoch) && !((entry?.expiresAt ?? Number.POSITIVE_INFINITY) <= core.environment.now());
    if (engine.replace(key, encoded, flags, expiry, isStill)) return value;
    if (tries >= TRIES) {
      if (performance.now() >= end) {
        const { path } = core.space.file;
        const why = `others change it for ${core.busyTimeout} ms, or the function given to update() does`;
        throw new StoreError('ERR_STORE_BUSY', `an entry of ${path} can't be updated: ${why}`, { path });
      }
      nap(Math.min(tries / TRIES, 5));
    }
  }
}
