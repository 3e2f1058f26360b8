// The parts of one open file, put together, and what they all need: lookup of a key, the writer lock, and the guard of every write.
// Not here: what happens to them (writer.ts, upkeep/).

import { StoreError } from '../errors.js';
import { LockWord } from '../file/lock-word.js';
import { Openers } from '../file/openers.js';
import type { SegmentFile } from '../file/segment-file.js';
import { Segments } from '../file/segments.js';
import { readSuperblock, type Superblock } from '../file/superblock.js';
import { FrequencyHash } from '../hash-index/frequency-hash.js';
import { KeyBuffer } from '../hash-index/hash.js';
import { fenceLoads, ORDERED_LOADS } from '../hash-index/ordering.js';
import * as L from '../layout.js';
import { Log } from '../log/log.js';
import { RecordReader } from '../log/record.js';

const { Control } = L;

/** What the outside world gives a store: injected, so that tests decide it. */
export interface Environment {
  /** Milliseconds since 1970. */
  now(): number;
  /** `count` random bytes. */
  random(count: number): Uint8Array;
}

export class Core {
  readonly space: SegmentFile;
  readonly segments: Segments;
  readonly index: FrequencyHash;
  readonly log: Log;
  readonly environment: Environment;
  readonly readOnly: boolean;
  /** It evicts, needs no tombstones, and is empty after a power cut. */
  readonly isCache: boolean;
  /** As this opener read it last: another may have written since (`readSuperblock`). */
  superblock: Superblock;
  readonly openers: Openers;
  /** Held by who changes anything but what a flush writes; taken before the flusher's. */
  readonly lock: LockWord;
  readonly flushLock: LockWord;
  /** Nobody else can have the file open. */
  readonly alone: boolean;
  /** Milliseconds that a lock is waited for. */
  readonly busyTimeout: number;
  /** The key and the record of the operation under way. */
  readonly key: KeyBuffer;
  readonly reader: RecordReader;
  readonly control: Int32Array;
  closed = false;
  /** Why nothing more is written: a sync that failed. */
  poison: unknown;

  constructor(space: SegmentFile, superblock: Superblock, environment: Environment, busyTimeout: number, alone: boolean) {
    this.space = space;
    this.superblock = superblock;
    this.environment = environment;
    this.readOnly = space.file.readOnly;
    this.control = space.control;
    this.segments = new Segments(space);
    this.index = new FrequencyHash(this.segments);
    this.isCache = superblock.mode === L.MODE_CACHE;
    if (this.isCache) this.index.slotsBeforeSplit = L.CACHE_SLOTS_BEFORE_SPLIT;
    this.log = new Log(this.segments);
    this.alone = alone;
    this.busyTimeout = busyTimeout;
    this.openers = new Openers(space);
    const { path } = space.file;
    this.lock = new LockWord(this.control, Control.LOCK, this.openers, path, busyTimeout, alone);
    this.flushLock = new LockWord(this.control, Control.FLUSH_LOCK, this.openers, path, busyTimeout, alone);
    this.key = this.newKey();
    this.reader = this.newReader();
  }

  newKey(): KeyBuffer {
    return new KeyBuffer(this.superblock.hashKey0, this.superblock.hashKey1);
  }

  newReader(): RecordReader {
    return new RecordReader(this.space);
  }

  /** Under the writer lock: reads again what others may have changed since this opener held it last. */
  takeTurn(): void {
    const { control, openers } = this;
    if (control[Control.LAST_WRITER] === openers.token) return;
    this.refresh();
    control[Control.LAST_WRITER] = openers.token;
  }

  /** The same, whoever was last. */
  refresh(): void {
    const { segments, index, log } = this;
    if (!segments.isFresh || !index.isFresh) {
      segments.refresh();
      index.locate(this.control[Control.INTENT] === L.Intent.CLEAR);
    }
    log.refresh();
  }

  /** The newest superblock in the file. Call while the flush lock is held. */
  refreshSuperblock(): void {
    const { head, file } = this.space;
    this.superblock = readSuperblock(head.bytes.subarray(0, L.CONTROL_OFFSET), file.path);
  }

  /** The location of a key's record, 0 if there is none. Leaves `reader` on the record and the index's cursor on its slot. */
  find(key: KeyBuffer, reader: RecordReader): number {
    return this.findFrom(this.index.first(key.tag), key, reader);
  }

  /** The same, from the first location that the index gave. */
  findFrom(first: number, key: KeyBuffer, reader: RecordReader): number {
    const { index } = this;
    for (let location = first; location !== 0; location = index.next()) {
      reader.seek(location);
      if (reader.matches(key)) {
        reader.assertPlausible();
        return location;
      }
      // Same hash, other key: once in 2^30. Or the key's bytes are damaged, and a miss would be a lie.
      reader.assertWhole();
    }
    return 0;
  }

  /** Whether the index points at exactly this record. Leaves the cursor on its slot. */
  isLatest(tag: number, location: number): boolean {
    const { index } = this;
    let found = index.first(tag);
    while (found !== 0 && found !== location) found = index.next();
    return found !== 0;
  }

  get count(): number {
    return this.control[Control.COUNT];
  }

  /** Another after each change that anybody made, NaN while one is under way. Noted before a reading, and the same later, it says that the reading still holds. */
  get dataVersion(): number {
    const { control } = this;
    // The intent first: a change that begins after that may as well begin after whoever asks.
    const intent = ORDERED_LOADS ? control[Control.INTENT] : Atomics.load(control, Control.INTENT);
    const changes = this.space.controlDoubles[Control.CHANGES >> 1];
    fenceLoads();
    return intent === L.Intent.NONE ? changes : Number.NaN;
  }

  assertOpen(): void {
    if (this.closed) throw new StoreError('ERR_STORE_CLOSED', `${this.space.file.path} was closed: open it again with openStore()`);
  }

  assertWritable(): void {
    this.assertOpen();
    const { path } = this.space.file;
    if (this.readOnly) throw new StoreError('ERR_STORE_READONLY', `${path} is open read-only: open it without readOnly to write`, { path });
    if (this.control[Control.POISON] !== 0) {
      const why = 'a sync to disk failed, so nothing written now could be promised; the store is read-only until it is closed and opened again';
      throw new StoreError('ERR_STORE_POISONED', `${path}: ${why}`, { path, cause: this.poison });
    }
  }
}
