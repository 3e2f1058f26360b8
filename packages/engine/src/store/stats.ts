// What a store tells about itself.

import * as L from '../layout.js';
import type { MappingKind } from '../mapping/mapping.js';
import type { Engine } from './engine.js';
import type { ObjectCache } from './object-cache.js';
import type { Recovery } from './opening.js';

const { Control, Entry, Opener, SegmentKind } = L;

export interface StoreStats {
  path: string;
  /** How the file is mapped. */
  mapping: MappingKind;
  /** How the opening found the file. */
  recovery: Recovery;
  entries: number;
  /** Bytes: of the file, of a segment, of live records, of deleted and overwritten ones still in the log, of tombstones among the live ones. */
  fileSize: number;
  segmentSize: number;
  liveBytes: number;
  deadBytes: number;
  tombstoneBytes: number;
  /** Segments by use; `pending` ones are free after the next flush. */
  segments: { total: number; log: number; index: number; chain: number; free: number; pending: number };
  buckets: number;
  overflowBuckets: number;
  /** Number of the last completed flush of the file, and how many this opening completed. */
  durableFlush: number;
  flushes: number;
  growths: number;
  /** Mappings of the file alive now. */
  mappings: number;
  /** Segments cleaned, records that were moved for it, bytes appended to the log. */
  cleanedSegments: number;
  movedRecords: number;
  appendedBytes: number;
  /** Openers that may write and are alive, this one included: processes and threads. */
  openers: number;
  /** Of this opener, and of all in this session: waits for a lock, operations found half done and finished, readings that had to be repeated. */
  lockWaits: Counts;
  repairs: Counts;
  retries: Counts;
  /** Entries that a cache evicted, and expired ones that it removed: by this opener, and by all, ever. */
  evictions: Counts;
  expirations: Counts;
  /** Of this handle: reads answered by its object cache, objects in it, and their bytes as they are stored. */
  objectCache: { hits: number; entries: number; bytes: number };
  handles: number;
}

export interface Counts {
  own: number;
  all: number;
}

export function collectStats(engine: Engine, cache: ObjectCache | undefined): StoreStats {
  const { core, cleaner, flusher } = engine;
  const { space, segments, control, index, openers } = core;
  space.follow();
  // By the table, not by the lists of free segments: those are the writer's, refreshed together with the index.
  const durable = flusher.durable;
  let pending = 0;
  const count = [0, 0, 0, 0, 0];
  let live = 0;
  let used = 0;
  for (let segment = 0; segment < space.capacity; segment++) {
    if (space.isTable(segment)) continue;
    const kind = segments.word(segment, Entry.KIND);
    count[kind]++;
    if (kind === SegmentKind.FREE && segments.double(segment, Entry.GATE) > durable) pending++;
    if (kind === SegmentKind.LOG) {
      live += segments.word(segment, Entry.LIVE);
      used += segments.word(segment, Entry.LENGTH);
    } else if (kind === SegmentKind.CHAIN) live += segments.word(segment, Entry.LENGTH);
    if (kind === SegmentKind.CHAIN) used += segments.word(segment, Entry.LENGTH);
  }
  return {
    path: space.file.path,
    mapping: space.file.kind,
    recovery: engine.recovery,
    entries: core.count,
    fileSize: space.fileBytes,
    segmentSize: space.segmentBytes,
    liveBytes: live,
    deadBytes: Math.max(0, used - live),
    tombstoneBytes: control[Control.TOMBSTONE_BYTES],
    segments: {
      total: space.capacity,
      log: count[SegmentKind.LOG],
      index: count[SegmentKind.INDEX] + count[SegmentKind.OVERFLOW],
      chain: count[SegmentKind.CHAIN],
      free: count[SegmentKind.FREE] - pending,
      pending,
    },
    buckets: index.buckets,
    overflowBuckets: index.overflowBuckets,
    durableFlush: flusher.durable,
    flushes: flusher.completed,
    growths: space.growths,
    mappings: space.mappings,
    cleanedSegments: cleaner.cleaned,
    movedRecords: cleaner.moved,
    appendedBytes: core.log.appended,
    openers: openers.live,
    lockWaits: openers.totals(Opener.LOCK_WAITS),
    repairs: openers.totals(Opener.REPAIRS),
    retries: openers.totals(Opener.RETRIES),
    evictions: { own: engine.evictor?.evicted ?? 0, all: space.controlDoubles[Control.EVICTIONS >> 1] },
    expirations: { own: engine.evictor?.expired ?? 0, all: space.controlDoubles[Control.EXPIRATIONS >> 1] },
    objectCache: { hits: cache?.hits ?? 0, entries: cache?.size ?? 0, bytes: cache?.bytes ?? 0 },
    handles: engine.handles,
  };
}
