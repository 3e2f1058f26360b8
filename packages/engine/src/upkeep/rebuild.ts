// Recovery after a power cut (or for a copy, or another disk at the same path): the store is made exactly what the last completed flush wrote down.
// First everything that flush relies on is verified, and nothing changed; then slots of the timeline that is given up are voided, durably; then the index is rebuilt.
// A cut during any of this changes nothing of what the flush relies on, so it can be repeated any number of times.

import type { DurableState } from '../file/segments.js';
import { corrupt } from '../file/superblock.js';
import * as L from '../layout.js';
import { chainOf } from '../log/chain.js';
import { scan } from '../log/log.js';
import type { Core } from '../store/core.js';
import { syncAll } from './session.js';
import { type Kept, type OnRecovery, verifyLogs } from './verify.js';

const { ChainRef, Control, Entry, SegmentKind, Slot } = L;

/** `split` grows the index, where there is space for that. */
export function rebuild(core: Core, split: () => void, onRecovery: OnRecovery | undefined): void {
  const { space, segments, superblock } = core;
  const { path } = space.file;
  const kept: Kept[] = [];
  let sum = 0;
  for (let segment = 1; segment < space.capacity; segment++) {
    if (space.isTable(segment)) continue;
    const state = segments.durable(segment, superblock.flush);
    sum = (sum + state.checksum) | 0;
    if (state.kind !== SegmentKind.LOG && state.kind !== SegmentKind.CHAIN) continue;
    if (!(state.length >= 0 && state.length <= space.segmentBytes)) throw corrupt(path, `segment ${segment} has an impossible length`);
    kept.push({ segment, state });
  }
  if (sum !== superblock.tableSum) throw corrupt(path, 'its segment table is not the one of the last completed flush');
  const logs = kept.filter((one) => one.state.kind === SegmentKind.LOG).sort((a, b) => a.state.baseSequence - b.state.baseSequence);
  verifyLogs(core, logs, onRecovery);
  syncAll(core);
  reset(core, kept);
  replay(core, logs, split, onRecovery);
  keepOwnedChains(core, kept);
}

/** Makes the table's current part what the slots say, everything else free, and voids the slots of a later timeline. */
function reset(core: Core, kept: readonly Kept[]): void {
  const { space, segments, superblock, control } = core;
  const { file } = space;
  let last = superblock.flush;
  const states = new Map(kept.map((one) => [one.segment, one.state]));
  for (let segment = 1; segment < space.capacity; segment++) {
    if (space.isTable(segment)) continue;
    const state = states.get(segment);
    segments.entry(segment);
    const { words, doubles, at } = segments;
    let generation = words[at + Entry.GENERATION];
    for (const slot of [Entry.SLOT_0, Entry.SLOT_1]) {
      generation = Math.max(generation, words[at + slot + Slot.GENERATION]);
      const flush = doubles[(at + slot + Slot.FLUSH) >> 1];
      if (flush <= superblock.flush) continue;
      if (Number.isSafeInteger(flush)) last = Math.max(last, flush);
      words.fill(0, at + slot, at + slot + Slot.WORDS);
    }
    words.fill(0, at, at + Entry.SLOT_0);
    words[at + Entry.GENERATION] = state?.generation ?? generation;
    words[at + Entry.KIND] = state?.kind ?? SegmentKind.FREE;
    words[at + Entry.LENGTH] = state?.length ?? 0;
    words[at + Entry.NEXT] = state?.next ?? 0;
    doubles[(at + Entry.BASE_SEQUENCE) >> 1] = state?.baseSequence ?? 0;
  }
  for (let segment = 0; segment < space.capacity; segment += space.groupMask + 1) {
    const start = space.bytesFor(segment);
    const end = start + Math.min(space.groupMask + 1, space.capacity - segment) * L.ENTRY_WORDS * 4;
    space.forRegions(start, end, (region, from, to) => file.sync(region, from, to));
  }
  control.fill(0);
  control[Control.CAPACITY] = space.capacity;
  space.controlDoubles[Control.DURABLE_FLUSH >> 1] = superblock.flush;
  space.controlDoubles[Control.LAST_FLUSH >> 1] = last;
  fillHoles(core, states);
  segments.refresh();
}

/** Space that no flush covered may be a hole in the file after a cut, and a store into a hole on a full disk kills the process: it is written with zeros. */
function fillHoles(core: Core, states: ReadonlyMap<number, DurableState>): void {
  const { space } = core;
  const page = L.PAGE_BYTES;
  for (let segment = 1; segment < space.capacity; segment++) {
    if (space.isTable(segment)) continue;
    const used = states.get(segment)?.length ?? 0;
    const start = space.bytesFor(segment) + Math.ceil(used / page) * page;
    if (start < space.bytesFor(segment + 1)) space.file.allocate(start, space.bytesFor(segment + 1));
  }
}

/** Applies the log in the order it was written. */
function replay(core: Core, logs: readonly Kept[], split: () => void, onRecovery: OnRecovery | undefined): void {
  const { control, index, space, segments, key, log } = core;
  index.create();
  const record = core.newReader();
  const old = core.newReader();
  let sequence = 0;
  logs.forEach(({ segment, state }, done) => {
    let live = 0;
    scan(record, segment, space.locationShift, 0, state.length, (location) => {
      sequence = Math.max(sequence, record.sequence);
      record.loadKey(key);
      const bytes = record.space16;
      if (!record.isTombstone && index.isCrowded(core.count + 1)) split();
      const found = core.find(key, old) !== 0;
      if (found) {
        if (old.segment === segment) live -= old.space16;
        else segments.setWord(old.segment, Entry.LIVE, segments.word(old.segment, Entry.LIVE) - old.space16);
      }
      live += bytes;
      if (record.isTombstone) {
        control[Control.TOMBSTONE_BYTES] += bytes;
        if (found) {
          index.remove();
          control[Control.COUNT]--;
        }
        return;
      }
      if (found) index.replace(location);
      else {
        if (!index.reserve()) {
          index.addOverflow();
          index.reserve();
        }
        index.fill(location);
        control[Control.COUNT]++;
      }
      if (record.expiry !== Number.POSITIVE_INFINITY) log.noteExpiry(location, record.expiry, bytes);
    });
    segments.setWord(segment, Entry.LIVE, live);
    onRecovery?.({ phase: 'rebuild', done: done + 1, total: logs.length });
  });
  log.sequence = sequence + 1;
  space.controlDoubles[Control.NEXT_SEQUENCE >> 1] = log.sequence;
  space.controlDoubles[Control.FLUSHED_SEQUENCE >> 1] = log.sequence;
  // What follows goes to a fresh segment: the rest of the last one may hold records of the timeline that was given up.
  log.resume(0, 0);
}

/** Chains that a live record names stay; others are freed. */
function keepOwnedChains(core: Core, kept: readonly Kept[]): void {
  const { segments, index, reader } = core;
  const chains = kept.filter((one) => one.state.kind === SegmentKind.CHAIN).map((one) => one.segment);
  if (chains.length === 0) return;
  const owned = new Set<number>();
  for (let bucket = 0; bucket < index.buckets; bucket++) {
    index.walk(bucket, (words, at) => {
      reader.seek(words[at + 1]);
      if (!reader.isChained) return;
      for (const segment of chainOf(segments, reader)) owned.add(segment);
      segments.setWord(reader.chainWord(ChainRef.SEGMENT), Entry.EXPIRING, reader.location);
    });
  }
  for (const segment of chains) if (!owned.has(segment)) segments.release(segment);
}
