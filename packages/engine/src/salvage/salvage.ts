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
import { DamagedFile, type Evidence } from './damaged-file.js';
import { merge, type Run } from './merge.js';
import { type Gap, type LogSegment, logSegments, scanDamaged } from './records.js';

const { ChainRef, Flag } = L;
const MOST_LOSSES = 100;
/**
 * Large values that are kept in mind at once, so that a file made for it does not fill the memory. A store has no more than segments, but here there can be more for
 * a while: cleaning moves tombstones to the end of the log, so what was deleted long before goes late.
 */
const MOST_CHAINED = 1 << 20;
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

class Salvage {
  readonly losses: SalvageLoss[] = [];
  lossCount = 0;
  lostBytes = 0;
  private readonly source: DamagedFile;
  private readonly engine: Engine;
  private readonly key = new KeyBuffer(0, 0);
  private readonly value = new EncodedValue();
  /** Large values of the newest records so far, by key. */
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
      else merge(source, runs.slice(i, end), () => this.apply());
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
      const candidates = logSegments(source, segment);
      for (const [i, log] of candidates.entries()) {
        let first = Number.NaN;
        let last = Number.NaN;
        let count = 0;
        const visit = () => {
          last = source.reader.sequence;
          if (count++ === 0) first = last;
        };
        const gaps: Gap[] = [];
        scanDamaged(source, log, visit, (gap) => gaps.push(gap));
        // The table may say two things: what the records say counts.
        if (count === 0 && i < candidates.length - 1) continue;
        if (log.generation === undefined && count === 0) break;
        for (const { from, to } of gaps)
          this.lose({ what: 'log', message: `bytes ${from} to ${to} of segment ${segment} hold no whole record`, bytes: to - from, segment });
        if (log.generation === undefined)
          this.lose({ what: 'table', message: `the table entry of segment ${segment} is lost; its records were taken`, bytes: 0, segment });
        if (count > 0) runs.push({ log, first, last, count });
        break;
      }
    }
    return runs;
  }

  private applySegment(log: LogSegment): void {
    scanDamaged(
      this.source,
      log,
      () => this.apply(),
      () => undefined,
    );
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
    if (reader.isTombstone || reader.isChained) engine.delete(name);
    if (reader.isTombstone) return;
    const why = this.take(name);
    if (why === undefined) return;
    // It is the newest of its key all the same: no older one may stand in its place.
    engine.delete(name);
    this.refuse(why);
  }

  /** Stores the value of the record under the reader, or keeps in mind where it lies; why not, if it can't be. */
  private take(name: string): string | undefined {
    const { chained, source } = this;
    const { reader } = source;
    const { kind, expiry, valueLength: length } = reader;
    if (kind > LAST_KIND) return `its value is of an unknown kind, ${kind}`;
    if (Number.isNaN(expiry)) return 'it expires at no time there is';
    const flags = reader.meta & Flag.USER;
    if (!reader.isChained) return this.put(name, kind, reader.region.bytes.subarray(reader.payloadStart, reader.payloadStart + length), flags, expiry);
    if (chained.size >= Math.max(source.capacity, MOST_CHAINED)) return 'there are more large values than a store has';
    chained.set(name, {
      segment: reader.chainWord(ChainRef.SEGMENT),
      generation: reader.chainWord(ChainRef.GENERATION),
      crc: reader.chainWord(ChainRef.CRC),
      length,
      kind,
      flags,
      expiry,
    });
    return undefined;
  }

  /** Stores a value; why not, if it can't be. */
  private put(name: string, kind: number, bytes: Buffer, flags: number, expiry: number): string | undefined {
    const { value } = this;
    value.kind = kind;
    value.length = bytes.length;
    const isText = kind === ValueKind.LATIN1;
    try {
      value.text = isText ? bytes.toString('latin1') : '';
      value.bytes = isText ? null : bytes;
      this.engine.setEncoded(name, value, flags, Math.max(expiry, 0));
    } catch (error) {
      if (error instanceof StoreError) throw error; // the new store is full, or its disk fails
      return (error as Error).message;
    }
    return undefined;
  }

  private applyChain(name: string, reference: ChainReference): void {
    const { kind, flags, expiry, length, segment } = reference;
    const bytes = this.chains.read(reference);
    const why = bytes === undefined ? 'is damaged' : this.put(name, kind, bytes, flags, expiry);
    if (why === undefined) return;
    const message = bytes === undefined ? `the large value of '${name}' is damaged` : `the large value of '${name}' was left out: ${why}`;
    this.lose({ what: 'value', message, bytes: length, segment, key: name });
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
