// Copies what is whole out of a damaged file into a new store. The records are applied in the order of their sequence numbers, so the newest of each key
// wins, and a tombstone counts. The file is only read, and never mapped.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { StoreError, typeError } from '../errors.js';
import { KeyBuffer } from '../hash-index/hash.js';
import * as L from '../layout.js';
import { EncodedValue, ValueKind } from '../log/codec.js';
import type { MappedFile } from '../mapping/mapping.js';
import { buildNew } from '../store/backup.js';
import type { Engine } from '../store/engine.js';
import { iterate } from '../store/iterate.js';
import { readOptions } from '../store/options.js';
import { systemEnvironment } from '../store/registry.js';
import { ChainReader, type ChainReference } from './chains.js';
import { DamagedFile, type Evidence, type TableEntry } from './damaged-file.js';
import { type LogSegment, scanDamaged } from './records.js';

const { ChainRef, Flag, SegmentKind } = L;
const MOST_LOSSES = 100;
const LAST_KIND = Math.max(...Object.values(ValueKind));

/** Something that could not be copied. */
export interface SalvageLoss {
  /** What is damaged: the superblocks, a segment's table entry, bytes of the log, a large value, or a record that says what can't be. */
  what: 'superblock' | 'table' | 'log' | 'value' | 'record';
  message: string;
  /** Bytes of the file that this concerns; 0 where nobody knows. */
  bytes: number;
  segment?: number;
  /** Of the entry that is lost, where its key is known for certain. */
  key?: string;
}

export interface SalvageReport {
  /** Entries in the new store that have not expired. */
  entries: number;
  /** `memory`: as the last write left it. `flush`: as at the last completed flush. `none`: all that is whole, since nothing says what counted last; what was deleted or replaced may be back. */
  evidence: Evidence;
  /** The first hundred of them; `lossCount` and `lostBytes` are of all. */
  losses: SalvageLoss[];
  lossCount: number;
  lostBytes: number;
}

export interface SalvageOptions {
  /** As in `openStore`. */
  mapping?: 'mmap-io' | 'koffi';
  /** Permissions of the new file, as in `openStore`. */
  mode?: number;
}

/**
 * Copies every entry whose checksum holds from the file at `from`, which is not changed, to a new store at `to`, and reports what was lost. Close the
 * store first. Throws `ERR_STORE_EXISTS` if something is at `to`, `ERR_STORE_NOT_A_STORE` (or `ERR_STORE_VERSION`, `ERR_STORE_CORRUPT`) if no record is
 * found, `ERR_STORE_MODE` for a cache, and `ERR_STORE_FULL` or `ERR_STORE_IO`; then nothing is at `to`.
 */
export function salvage(from: string, to: string, options: SalvageOptions = {}): SalvageReport {
  for (const path of [from, to]) if (typeof path !== 'string' || path === '') throw typeError('ERR_OPTION_INVALID', 'salvage(from, to): both are file names');
  for (const name of Object.keys(options)) {
    if (name !== 'mapping' && name !== 'mode') throw typeError('ERR_OPTION_INVALID', `salvage has no option '${name}'; it has mapping, mode`);
  }
  const { mapping, mode } = readOptions(options, systemEnvironment);
  const target = resolve(to);
  if (existsSync(target)) throw new StoreError('ERR_STORE_EXISTS', `${target} exists: choose another path for the new store`, { path: target });
  const file = mapping.open(from, { readOnly: true });
  try {
    const source = new DamagedFile(file);
    if (source.superblock?.mode === L.MODE_CACHE) {
      throw new StoreError('ERR_STORE_MODE', `${from} is a cache, in which what was deleted can't be told from what was not: begin an empty one`, {
        path: from,
      });
    }
    const settings = { segmentShift: source.segmentShift, mapping, mode, environment: systemEnvironment };
    return buildNew(target, settings, (engine) => salvageInto(source, engine));
  } finally {
    file.close();
  }
}

/** The same from any mapping, into an empty store. */
export function salvageFrom(file: MappedFile, engine: Engine): SalvageReport {
  return salvageInto(new DamagedFile(file), engine);
}

function salvageInto(source: DamagedFile, engine: Engine): SalvageReport {
  const salvaging = new Salvage(source, engine);
  salvaging.run();
  let entries = 0;
  for (const _ of iterate(engine, '', false)) entries++;
  const { losses, lossCount, lostBytes } = salvaging;
  return { entries, evidence: source.evidence, losses, lossCount, lostBytes };
}

/** A log segment with the sequence numbers it goes from and to. */
interface Run {
  log: LogSegment;
  first: number;
  last: number;
}

class Salvage {
  readonly losses: SalvageLoss[] = [];
  lossCount = 0;
  lostBytes = 0;
  private readonly source: DamagedFile;
  private readonly engine: Engine;
  private readonly key = new KeyBuffer(0, 0);
  private readonly value = new EncodedValue();
  /** Large values of the newest records so far, by key. At no moment does a store have more of them than segments. */
  private readonly chained = new Map<string, ChainReference>();
  private readonly chains: ChainReader;

  constructor(source: DamagedFile, engine: Engine) {
    this.source = source;
    this.engine = engine;
    this.chains = new ChainReader(source);
  }

  run(): void {
    const { source } = this;
    if (source.superblock === undefined) this.lose({ what: 'superblock', message: 'no superblock is whole', bytes: 0 });
    else if (source.evidence === 'none') this.lose({ what: 'table', message: 'the segment table is not the one of the last completed flush', bytes: 0 });
    const runs = this.survey();
    runs.sort((a, b) => a.first - b.first);
    for (let i = 0; i < runs.length; ) {
      // Segments follow one another, but where a table was lost and two timelines lie in the file.
      let { last } = runs[i];
      let end = i + 1;
      while (end < runs.length && runs[end].first <= last) last = Math.max(last, runs[end++].last);
      if (end === i + 1) this.applySegment(runs[i].log);
      else this.applyInterleaved(runs.slice(i, end));
      i = end;
    }
    // By where they begin: chains that begin in many tables by turns would have each read again and again.
    const chains = [...this.chained].sort(([, a], [, b]) => a.segment - b.segment);
    for (const [key, reference] of chains) this.applyChain(key, reference);
  }

  /** Which segments hold records, and from which number to which. Names what is damaged. */
  private survey(): Run[] {
    const { source } = this;
    const runs: Run[] = [];
    for (const segment of source.segments()) {
      const log = this.logSegment(segment, source.entry(segment));
      if (log === undefined) continue;
      let first = Number.NaN;
      let last = Number.NaN;
      const visit = () => {
        last = source.reader.sequence;
        if (Number.isNaN(first)) first = last;
      };
      scanDamaged(source, log, visit, ({ from, to }) =>
        this.lose({ what: 'log', message: `bytes ${from} to ${to} of segment ${segment} hold no whole record`, bytes: to - from, segment }),
      );
      if (log.generation === undefined && Number.isNaN(first)) continue;
      if (log.generation === undefined)
        this.lose({ what: 'table', message: `the table entry of segment ${segment} is lost; its records were taken`, bytes: 0, segment });
      if (!Number.isNaN(first)) runs.push({ log, first, last });
    }
    return runs;
  }

  /** What a segment's table entry says of it, as far as it can be believed; `undefined` if it holds no records. */
  private logSegment(segment: number, entry: TableEntry): LogSegment | undefined {
    const { source } = this;
    const { durable } = entry;
    const whole = source.segmentBytes;
    const slot = durable.kind === SegmentKind.LOG && durable.length >= 0 && durable.length <= whole ? durable : undefined;
    // Where nothing vouches for the table, its numbers may be of another moment.
    const baseOf = ({ baseSequence }: { baseSequence: number }) => (source.evidence === 'none' ? Number.NEGATIVE_INFINITY : baseSequence);
    const fromSlot = slot && { segment, generation: slot.generation, length: slot.length, base: baseOf(slot) };
    if (source.evidence === 'flush') return segment < (source.superblock?.capacity ?? 0) ? fromSlot : undefined;
    const isPossible = entry.kind >= SegmentKind.FREE && entry.kind <= SegmentKind.CHAIN && entry.length >= 0 && entry.length <= whole;
    const current =
      isPossible && entry.kind === SegmentKind.LOG ? { segment, generation: entry.generation, length: entry.length, base: baseOf(entry) } : undefined;
    if (source.evidence === 'memory' && isPossible) return current;
    if (current !== undefined && fromSlot !== undefined) {
      if (current.generation !== fromSlot.generation) return current.generation > fromSlot.generation ? current : fromSlot;
      return { ...current, length: Math.max(current.length, fromSlot.length) };
    }
    const known = current ?? fromSlot;
    if (known !== undefined) return known;
    // Blank is what was never used, or what was wiped: its bytes tell.
    return entry.isBlank || !isPossible ? { segment, generation: undefined, length: whole, base: Number.NEGATIVE_INFINITY } : undefined;
  }

  private applySegment(log: LogSegment): void {
    scanDamaged(
      this.source,
      log,
      () => this.apply(),
      () => undefined,
    );
  }

  /** Segments whose numbers overlap: their records one by one, in the order of the numbers. */
  private applyInterleaved(runs: Run[]): void {
    const { source } = this;
    const { reader } = source;
    // Numbers alone, since there may be millions: of each record its own number, its segment, its place in it and its length.
    const [sequences, segments, offsets, lengths] = [0, 0, 0, 0].map(() => [] as number[]);
    for (const { log } of runs) {
      const visit = () => {
        sequences.push(reader.sequence);
        segments.push(log.segment);
        offsets.push(reader.offset);
        lengths.push(reader.content);
      };
      scanDamaged(source, log, visit, () => undefined);
    }
    const order = new Uint32Array(sequences.length).map((_, i) => i).sort((a, b) => sequences[a] - sequences[b]);
    for (const i of order) {
      source.loadPart(segments[i], offsets[i], lengths[i]);
      reader.seek(offsets[i] >> L.LOCATION_SHIFT);
      if (reader.isPlausible() && reader.isWhole()) this.apply();
    }
  }

  /** Lets the record under the reader take effect. */
  private apply(): void {
    const { source, engine, chained, key } = this;
    const { reader } = source;
    const name = reader.keyString();
    try {
      key.load(name);
    } catch {
      return this.refuse('its key is none that can be stored');
    }
    if (!reader.matches(key)) return this.refuse('its key is not what it would be stored as');
    chained.delete(name);
    if (reader.isTombstone) {
      engine.delete(name);
      return;
    }
    if (reader.kind > LAST_KIND) return this.refuse(`its value is of an unknown kind, ${reader.kind}`);
    const flags = reader.meta & Flag.USER;
    if (reader.isChained) {
      engine.delete(name);
      if (chained.size >= source.capacity) return this.refuse('there are more large values than segments');
      chained.set(name, {
        segment: reader.chainWord(ChainRef.SEGMENT),
        generation: reader.chainWord(ChainRef.GENERATION),
        crc: reader.chainWord(ChainRef.CRC),
        length: reader.valueLength,
        kind: reader.kind,
        flags,
        expiry: reader.expiry,
      });
      return;
    }
    const bytes = reader.region.bytes.subarray(reader.payloadStart, reader.payloadStart + reader.valueLength);
    this.put(name, reader.kind, bytes, flags, reader.expiry);
  }

  private put(name: string, kind: number, bytes: Buffer, flags: number, expiry: number): void {
    const { value } = this;
    value.kind = kind;
    value.length = bytes.length;
    const isText = kind === ValueKind.LATIN1;
    value.text = isText ? bytes.toString('latin1') : '';
    value.bytes = isText ? null : bytes;
    try {
      this.engine.setEncoded(name, value, flags, expiry);
    } catch (error) {
      if (error instanceof StoreError) throw error; // the new store is full, or its disk fails
      this.refuse((error as Error).message);
    }
  }

  private applyChain(name: string, reference: ChainReference): void {
    const { kind, flags, expiry, length, segment } = reference;
    const bytes = this.chains.read(reference);
    if (bytes !== undefined) return this.put(name, kind, bytes, flags, expiry);
    this.lose({ what: 'value', message: `the large value of '${name}' is damaged`, bytes: length, segment, key: name });
  }

  private refuse(why: string): void {
    const { reader, loaded } = this.source;
    this.lose({
      what: 'record',
      message: `the record at byte ${reader.offset} of segment ${loaded} was left out: ${why}`,
      bytes: reader.space16,
      segment: loaded,
    });
  }

  private lose(loss: SalvageLoss): void {
    this.lossCount++;
    this.lostBytes += loss.bytes;
    if (this.losses.length < MOST_LOSSES) this.losses.push(loss);
  }
}
