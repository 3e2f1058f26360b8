// The intent record of records that take effect: armed with all counters as they will be, so that whoever finds it armed can finish the work.
// Order of the stores of an operation: record, step, intent, segment length, index, counters (`settle`), intent cleared.

import * as L from '../layout.js';
import { releaseChain } from '../log/chain.js';
import type { RecordReader } from '../log/record.js';
import type { Core } from './core.js';

const { ChainRef, Control, Entry, Intent, Step } = L;

/** How a step changes the counters. */
export interface Change {
  /** The record that takes effect; 0 where one is only dropped. */
  location: number;
  /** Bytes of that record. */
  bytes: number;
  /** Entries more, or fewer. */
  more: number;
  /** Bytes of tombstones more, or fewer. */
  tombstones: number;
  /** Whether the chain of the record it replaces goes with it. */
  freesChain: boolean;
}

export class Steps {
  private readonly core: Core;
  private readonly control: Int32Array;

  constructor(core: Core) {
    this.core = core;
    this.control = core.control;
  }

  /** Fills step `step`. `old` is the record that it replaces. */
  fill(step: number, change: Change, old: RecordReader | null): void {
    const { control, core } = this;
    const { segments } = core;
    const at = Control.STEPS + (step & 1) * Step.WORDS;
    const segment = change.location >>> core.space.locationShift;
    let newLive = segment === 0 ? 0 : segments.word(segment, Entry.LIVE) + change.bytes;
    let oldSegment = 0;
    let oldChain = 0;
    if (old !== null) {
      oldSegment = old.segment;
      const oldBytes = old.space16;
      if (oldSegment === segment) {
        newLive -= oldBytes;
        oldSegment = 0;
      } else control[at + Step.OLD_LIVE] = segments.word(oldSegment, Entry.LIVE) - oldBytes;
      if (change.freesChain && old.isChained) oldChain = old.chainWord(ChainRef.SEGMENT);
    }
    control[at + Step.LOCATION] = change.location;
    control[at + Step.COUNT] = control[Control.COUNT] + change.more;
    control[at + Step.OLD_SEGMENT] = oldSegment;
    control[at + Step.NEW_LIVE] = newLive;
    control[at + Step.TOMBSTONE_BYTES] = control[Control.TOMBSTONE_BYTES] + change.tombstones;
    control[at + Step.OLD_CHAIN] = oldChain;
    control[Control.PROGRESS] = step;
  }

  /** Arms the intent: from here on the operation will be finished. */
  arm(kind: number, location: number, count: number, sequence: number): void {
    const { control } = this;
    control[Control.INTENT_LOCATION] = location;
    control[Control.INTENT_COUNT] = count;
    this.core.space.controlDoubles[Control.INTENT_SEQUENCE >> 1] = sequence;
    control[Control.INTENT] = kind;
  }

  disarm(): void {
    this.control[Control.INTENT] = Intent.NONE;
  }

  /** Counters as the step says; then the chain of what it replaced is freed. */
  settle(step: number): void {
    const { control, core } = this;
    const { segments } = core;
    const at = Control.STEPS + (step & 1) * Step.WORDS;
    control[Control.COUNT] = control[at + Step.COUNT];
    control[Control.TOMBSTONE_BYTES] = control[at + Step.TOMBSTONE_BYTES];
    const segment = control[at + Step.LOCATION] >>> core.space.locationShift;
    if (segment !== 0) segments.setWord(segment, Entry.LIVE, control[at + Step.NEW_LIVE]);
    const old = control[at + Step.OLD_SEGMENT];
    if (old !== 0) segments.setWord(old, Entry.LIVE, control[at + Step.OLD_LIVE]);
    const chain = control[at + Step.OLD_CHAIN];
    if (chain !== 0) releaseChain(segments, chain);
  }
}
