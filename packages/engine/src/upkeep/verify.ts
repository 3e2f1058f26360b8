// Reads what a recovery relies on, and changes nothing: the records of every log segment, and of a copied file the large values too.

import { StoreError } from '../errors.js';
import type { DurableState } from '../file/segments.js';
import * as L from '../layout.js';
import { readChain } from '../log/chain.js';
import { scan } from '../log/log.js';
import type { Core } from '../store/core.js';

const { SegmentKind } = L;

/** Progress of a long recovery: segments done, of how many. */
export interface RecoveryProgress {
  phase: 'verify' | 'rebuild';
  done: number;
  total: number;
}

export type OnRecovery = (progress: RecoveryProgress) => void;

export interface Kept {
  segment: number;
  state: DurableState;
}

/** Every record that the flush covers must be whole. */
export function verifyLogs(core: Core, logs: readonly Kept[], onRecovery: OnRecovery | undefined): void {
  const { reader, space } = core;
  logs.forEach(({ segment, state }, done) => {
    let before = state.baseSequence - 1;
    if (!Number.isSafeInteger(before)) throw reader.damaged(`segment ${segment} begins with an impossible sequence number`);
    const end = scan(reader, segment, space.locationShift, 0, state.length, () => {
      if (reader.generation !== state.generation || !reader.isWhole()) {
        throw reader.damaged(`the record at byte ${reader.offset} of segment ${segment} does not match its checksum`);
      }
      const { sequence } = reader;
      if (!(sequence > before && Number.isSafeInteger(sequence))) {
        throw reader.damaged(`the record at byte ${reader.offset} of segment ${segment} has an impossible sequence number`);
      }
      before = sequence;
    });
    if (end !== state.length) throw reader.damaged(`there is no whole record at byte ${end} of segment ${segment}`);
    onRecovery?.({ phase: 'verify', done: done + 1, total: logs.length });
  });
}

/**
 * Whether a cleanly closed file that is a copy is whole. Table and index are known to be (CLEAN_SUM); the log may be of another moment, if the copy
 * was under way while the file was opened and written. Records of a segment's generation never change, so those that are whole are the right ones.
 */
export function isWholeCopy(core: Core, onRecovery: OnRecovery | undefined): boolean {
  const { segments, space, superblock, index } = core;
  const logs: Kept[] = [];
  for (let segment = 1; segment < space.capacity; segment++) {
    if (space.isTable(segment)) continue;
    const state = segments.durable(segment, superblock.flush);
    if (state.kind === SegmentKind.LOG) logs.push({ segment, state });
  }
  const record = core.newReader();
  try {
    verifyLogs(core, logs, onRecovery);
    for (let bucket = 0; bucket < index.buckets; bucket++) {
      index.walk(bucket, (words, at) => {
        record.seek(words[at + 1]);
        record.assertPlausible();
        if (record.isChained) readChain(segments, record);
      });
    }
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'ERR_STORE_CORRUPT') return false;
    throw error;
  }
}
