// The intent record of records that take effect: armed with all counters as they will be, so that whoever finds it armed can finish the work.
// Order of the stores of an operation: record, step, intent, segment length, index, counters (`settle`), count of changes, intent cleared.

import type { Segments } from '../file/segments.js';
import { ORDERED_STORES } from '../hash-index/ordering.js';
import * as L from '../layout.js';
import { releaseChain } from '../log/chain.js';
import type { DeadMarks } from '../log/dead-marks.js';
import type { RecordReader } from '../log/record.js';
import type { Core } from './core.js';

const { ChainRef, Control, Entry, Intent, Step } = L;

export class Steps {
  private readonly segments: Segments;
  private readonly locationShift: number;
  private readonly locationMask: number;
  private readonly control: Int32Array;
  private readonly controlDoubles: Float64Array;
  /** Table entries of the step's two segments: the record's own, and that of the record it replaces. */
  private newWords!: Int32Array;
  private newAt = 0;
  private oldWords!: Int32Array;
  private oldAt = 0;
  private readonly dead: DeadMarks;
  /** Location of the record that the step replaces, 0 if none, and its segment's generation. */
  private oldLocation = 0;
  private oldGeneration = 0;

  constructor(core: Core) {
    this.segments = core.segments;
    this.locationShift = core.space.locationShift;
    this.control = core.control;
    this.controlDoubles = core.space.controlDoubles;
    this.dead = core.log.dead;
    this.locationMask = core.space.locationMask;
  }

  /**
   * Fills step `step`: the record at `location` (0: none), `bytes` long, takes effect in place of `old`, with `more` entries and `tombstones` bytes of
   * tombstones more. `freesChain`: the replaced value's chain goes with it.
   */
  fill(step: number, location: number, bytes: number, more: number, tombstones: number, freesChain: boolean, old: RecordReader | null): void {
    const { control, segments } = this;
    const at = Control.STEPS + (step & 1) * Step.WORDS;
    const segment = location >>> this.locationShift;
    let newLive = 0;
    if (segment !== 0) {
      segments.entry(segment);
      this.newWords = segments.words;
      this.newAt = segments.at;
      newLive = segments.words[segments.at + Entry.LIVE] + bytes;
    }
    let oldSegment = 0;
    let oldChain = 0;
    this.oldLocation = 0;
    if (old !== null) {
      this.oldLocation = old.location;
      this.oldGeneration = old.generation;
      const oldBytes = old.space16;
      const from = old.segment;
      if (from === segment) newLive -= oldBytes;
      else {
        oldSegment = from;
        segments.entry(from);
        this.oldWords = segments.words;
        this.oldAt = segments.at;
        control[at + Step.OLD_LIVE] = segments.words[segments.at + Entry.LIVE] - oldBytes;
      }
      if (freesChain && old.isChained) oldChain = old.chainWord(ChainRef.SEGMENT);
    }
    control[at + Step.LOCATION] = location;
    control[at + Step.COUNT] = control[Control.COUNT] + more;
    control[at + Step.OLD_SEGMENT] = oldSegment;
    control[at + Step.NEW_LIVE] = newLive;
    control[at + Step.TOMBSTONE_BYTES] = control[Control.TOMBSTONE_BYTES] + tombstones;
    control[at + Step.OLD_CHAIN] = oldChain;
    control[Control.PROGRESS] = step;
  }

  /** Arms the intent: from here on the operation will be finished. */
  arm(kind: number, location: number, count: number, sequence: number): void {
    const { control } = this;
    control[Control.INTENT_LOCATION] = location;
    control[Control.INTENT_COUNT] = count;
    this.controlDoubles[Control.INTENT_SEQUENCE >> 1] = sequence;
    control[Control.INTENT] = kind;
  }

  /** The operation is over. Counted first: who sees no intent and no other count knows that nothing has changed. */
  disarm(): void {
    const { control } = this;
    this.controlDoubles[Control.CHANGES >> 1]++;
    if (ORDERED_STORES) control[Control.INTENT] = Intent.NONE;
    else Atomics.store(control, Control.INTENT, Intent.NONE);
  }

  /** Counters as the step that was just filled says; then the chain of what it replaced is freed. */
  settle(step: number): void {
    const { control } = this;
    const at = Control.STEPS + (step & 1) * Step.WORDS;
    control[Control.COUNT] = control[at + Step.COUNT];
    control[Control.TOMBSTONE_BYTES] = control[at + Step.TOMBSTONE_BYTES];
    if (control[at + Step.LOCATION] >>> this.locationShift !== 0) this.newWords[this.newAt + Entry.LIVE] = control[at + Step.NEW_LIVE];
    if (control[at + Step.OLD_SEGMENT] !== 0) this.oldWords[this.oldAt + Entry.LIVE] = control[at + Step.OLD_LIVE];
    const { oldLocation } = this;
    if (oldLocation !== 0) this.dead.mark(oldLocation >>> this.locationShift, this.oldGeneration, oldLocation & this.locationMask);
    const chain = control[at + Step.OLD_CHAIN];
    if (chain !== 0) releaseChain(this.segments, chain);
  }

  /** The same for a step that another process filled. */
  settleFound(step: number): void {
    const { control, segments } = this;
    const at = Control.STEPS + (step & 1) * Step.WORDS;
    segments.entry(control[at + Step.LOCATION] >>> this.locationShift);
    this.newWords = segments.words;
    this.newAt = segments.at;
    segments.entry(control[at + Step.OLD_SEGMENT]);
    this.oldWords = segments.words;
    this.oldAt = segments.at;
    this.oldLocation = 0;
    this.settle(step);
  }
}
