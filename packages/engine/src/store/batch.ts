// A batch: all of its records, or none. They are written behind the log's end, where no one sees them; then the intent is armed, and they are published and applied.
// Everything that can fail comes before the intent: values are encoded, segments and index slots are there.

import * as L from '../layout.js';
import { chainSegments, releaseChain } from '../log/chain.js';
import type { EncodedValue } from '../log/codec.js';
import { contentBytes, spaceFor } from '../log/record.js';
import { Keep, type Room } from '../upkeep/room.js';
import type { Applier } from './apply.js';
import type { Core } from './core.js';
import { chainHead, NEVER, TOMBSTONE_VALUE, type Writer } from './writer.js';

const { ChainRef, Flag, Intent, SegmentKind } = L;

/** One operation of a batch; `value` undefined deletes. */
export interface BatchItem {
  key: string;
  value: EncodedValue | undefined;
  flags: number;
  expiry: number;
}

export function deleteItem(key: string): BatchItem {
  return { key, value: undefined, flags: 0, expiry: NEVER };
}

/** Of a key of the batch: whether it is there, and alive, after the operations so far; and whether a slot of the index is its own, come what may. */
interface Known {
  is: boolean;
  lives: boolean;
  hasSlot: boolean;
}

/** An operation that will be written: what its record holds, a value or the reference to its chain, and the space it takes. */
interface Planned {
  key: string;
  value: EncodedValue;
  payload: number;
  flags: number;
  expiry: number;
  bytes: number;
}

export class Batch {
  private readonly core: Core;
  private readonly room: Room;
  private readonly writer: Writer;
  private readonly applier: Applier;

  constructor(core: Core, room: Room, writer: Writer, applier: Applier) {
    this.core = core;
    this.room = room;
    this.writer = writer;
    this.applier = applier;
  }

  /** Runs the operations; for each, whether its key was there before it. Throws `ERR_STORE_FULL` with nothing changed. */
  run(items: readonly BatchItem[]): boolean[] {
    const { core } = this;
    const chains: number[] = [];
    const { log } = core;
    try {
      const { present, planned } = this.plan(items, chains);
      if (planned.length === 0) return present;
      if (core.isCache) this.writer.placement.choose(false, planned[0].expiry - core.environment.now());
      const start = { segment: log.segment, tail: log.tail, sequence: log.sequence };
      const taken: number[] = [];
      let locations: number[];
      try {
        locations = this.write(planned, taken);
      } catch (error) {
        log.abandon(start.segment, start.tail, start.sequence, taken);
        throw error;
      }
      this.apply(locations, start.sequence);
      // Its records' own from here on.
      chains.length = 0;
      if (core.isCache) this.room.cleaner.limitEntries(0);
      return present;
    } catch (error) {
      if (core.control[L.Control.INTENT] === Intent.NONE) for (const chain of chains) releaseChain(core.segments, chain);
      throw error;
    }
  }

  private plan(items: readonly BatchItem[], chains: number[]): { present: boolean[]; planned: Planned[] } {
    const { core, room, writer } = this;
    const { key, reader, index } = core;
    const present: boolean[] = [];
    const planned: Planned[] = [];
    const tags: number[] = [];
    let absent = 0;
    const known = new Map<string, Known>();
    for (const item of items) {
      key.load(item.key);
      let it = known.get(item.key);
      if (it === undefined) {
        const found = core.find(key, reader) !== 0;
        // A record with an expiry, and any in a cache, may be cleaned away before the batch takes effect: it gets another slot.
        it = { is: found, lives: found && reader.expiry > core.environment.now(), hasSlot: found && !core.isCache && reader.expiry === NEVER };
        known.set(item.key, it);
      }
      const sets = item.value !== undefined;
      present.push(it.lives);
      if (!sets && !it.is) continue;
      if (sets && !it.hasSlot) {
        if (!it.is) absent++;
        tags.push(key.tag);
        it.hasSlot = true;
      }
      it.is = it.lives = sets;
      planned.push(this.planOne(item));
    }
    if (planned.length === 0) return { present, planned };
    const records = this.segmentsFor(planned);
    // Before anything is changed: a cache would be emptied for nothing, and a store's file grown.
    room.assertHolds(records + planned.reduce((sum, one) => sum + this.chainFor(one), 0));
    for (const one of planned) {
      if (!isChained(one)) continue;
      one.value = writer.chain(one.value);
      chains.push(chainHead(one.value));
    }
    for (let buckets = -1; index.isCrowded(core.count + tags.length) && index.buckets !== buckets; ) {
      buckets = index.buckets;
      room.split();
    }
    if (core.isCache) room.cleaner.limitEntries(absent);
    index.reserveAll(tags);
    const onlyDeletes = planned.every((one) => one.value === TOMBSTONE_VALUE);
    room.makeFree(records, onlyDeletes ? Keep.FOR_DELETES : Keep.FOR_WRITES);
    return { present, planned };
  }

  private planOne({ key, value = TOMBSTONE_VALUE, flags, expiry }: BatchItem): Planned {
    const { core, writer } = this;
    const keyLength = core.key.length;
    const inChain = value !== TOMBSTONE_VALUE && writer.mustChain(keyLength, value.length);
    const payload = inChain ? ChainRef.WORDS * 4 : value.length;
    return { key, value, payload, flags: inChain ? flags | Flag.CHAINED : flags, expiry, bytes: spaceFor(contentBytes(keyLength, payload, expiry !== NEVER)) };
  }

  private chainFor(one: Planned): number {
    return isChained(one) ? chainSegments(this.core.segments, one.value.length) : 0;
  }

  /** Segments that the records fill, if they begin in a fresh one. */
  private segmentsFor(planned: readonly Planned[]): number {
    const full = this.core.space.segmentBytes;
    let count = 1;
    let tail = 0;
    for (const { bytes } of planned) {
      if (tail + bytes > full) {
        count++;
        tail = 0;
      }
      tail += bytes;
    }
    return count;
  }

  private write(planned: readonly Planned[], taken: number[]): number[] {
    const { core } = this;
    const { key, log, segments } = core;
    return planned.map((one) => {
      key.load(one.key);
      if (!log.fits(one.bytes)) {
        const segment = segments.take(SegmentKind.LOG, log.label, log.sequence);
        taken.push(segment);
        log.openNext(segment);
      }
      return log.write(key, one.value, one.payload, one.flags, one.expiry);
    });
  }

  private apply(locations: readonly number[], sequence: number): void {
    const { core, applier, writer } = this;
    const { steps } = writer;
    applier.prepare(0, locations[0]);
    steps.arm(Intent.APPLY, locations[0], locations.length, sequence);
    core.log.publish();
    if (!core.alone) applier.openBuckets(locations);
    for (let step = 0; step < locations.length; step++) {
      if (step > 0) applier.prepare(step, locations[step]);
      applier.perform(step, locations[step]);
    }
    if (!core.alone) applier.closeBuckets(locations);
    steps.disarm();
  }
}

function isChained({ flags }: Planned): boolean {
  return (flags & Flag.CHAINED) !== 0;
}
