// Which record of a key counts: the one with the highest number, whatever it says and wherever it lies, and nothing older in its place.

import { describe, expect, test, vi } from 'vitest';
import { makeImages } from '../../../../test/scorecard/small-store.js';
import { random } from '../../../../test/support/simulated-mapping.js';
import { contentsOf, SEED } from '../../../../test/support/stores.js';
import { bulkCrc } from '../../src/file/checksum.js';
import * as L from '../../src/layout.js';
import { DamagedFile } from '../../src/salvage/damaged-file.js';
import { MadeFile, NOW, recordBytes, salvageBytes } from './made-file.js';

const { Entry, SegmentKind } = L;

/** The word of a small file where a segment's table entry begins. */
const entryAt = (segment: number) => (L.HEAD_BYTES >> 2) + segment * L.ENTRY_WORDS;

describe('the newest record of a key', () => {
  test.each([
    ['is a tombstone', { kind: 0 }, 0],
    ['has expired', { value: 'new', expiry: NOW - 1 }, 0],
    ['has a kind that is not known', { value: 'new', kind: 15 }, 1],
    ['expires at no time', { value: 'new', expiry: Number.NaN }, 1],
    ['names a large value that is not there', { chain: [3, 1, 5, 5000] as [number, number, number, number] }, 1],
  ])('%s: no older one stands in its place', (_, newest, losses) => {
    const file = new MadeFile(12, 8);
    const record = { generation: 1, key: 'key1' };
    file.log(1, 1, [recordBytes({ ...record, sequence: 1, value: 'old' }), recordBytes({ ...record, ...newest, sequence: 2 })]);
    salvageBytes(file.finish(), (store, report) => {
      expect([...store.keys()]).toEqual([]);
      expect(report).toMatchObject({ entries: 0, evidence: 'flush', lossCount: losses });
    });
  });

  test('is found where large values, deleted since, are more than the file has segments: cleaning moves tombstones to the end', () => {
    const file = new MadeFile(12, 10);
    const names = Array.from({ length: 60 }, (_, i) => `dead${10 + i}`.padEnd(8));
    const value = Buffer.alloc(5000, 'v');
    value.copy(file.bytes, file.startOf(3), 0, 4096);
    value.copy(file.bytes, file.startOf(4), 4096);
    file.enter(3, SegmentKind.CHAIN, 1, 4096, 4);
    file.enter(4, SegmentKind.CHAIN, 1, 904);
    let sequence = 0;
    const chained = (key: string, segment: number, crc: number) => recordBytes({ generation: 1, sequence: ++sequence, key, chain: [segment, 1, crc, 5000] });
    expect(file.log(1, 1, [...names.map((key) => chained(key, 6, 1)), chained('a living key', 3, bulkCrc(value))])).toBe(61);
    expect(
      file.log(
        2,
        1,
        names.map((key) => recordBytes({ generation: 1, sequence: ++sequence, key, kind: 0 })),
      ),
    ).toBe(60);
    salvageBytes(file.finish(), (store, report) => {
      expect([...store.keys()]).toEqual(['a living key']);
      expect(store.get('a living key') === value.toString('latin1')).toBe(true);
      expect(report.losses).toEqual([]);
    });
  });

  test(`counts where the numbers of many segments overlap, and only of few of them it is kept where their records lie (seed ${SEED})`, () => {
    const next = random(SEED);
    const file = new MadeFile(12, 31);
    const expected = new Map<string, string>();
    const perSegment: Buffer[][] = Array.from({ length: 30 }, () => []);
    for (let sequence = 1; sequence <= 1500; sequence++) {
      const key = `key ${String(Math.floor(next() * 300)).padStart(4, '0')}`;
      const value = next() < 0.2 ? undefined : `value ${sequence}`;
      if (value === undefined) expected.delete(key);
      else expected.set(key, value);
      // Of about three segments at a time.
      const segment = Math.min(29, Math.floor(sequence / 60) + Math.floor(next() * 3));
      perSegment[segment].push(recordBytes({ generation: 1, sequence, key, ...(value === undefined ? { kind: 0 } : { value }) }));
    }
    // And one with a number that is none of its time.
    perSegment[0].push(recordBytes({ generation: 1, sequence: 1e6, key: 'last', value: 'stray' }));
    expected.set('last', 'stray');
    for (const [i, records] of perSegment.entries()) expect(file.log(i + 1, 1, records)).toBe(records.length);
    const steps: string[] = [];
    const { load, loadPart } = DamagedFile.prototype;
    vi.spyOn(DamagedFile.prototype, 'load').mockImplementation(function (this: DamagedFile, segment: number) {
      steps.push('whole');
      return load.call(this, segment);
    });
    vi.spyOn(DamagedFile.prototype, 'loadPart').mockImplementation(function (this: DamagedFile, ...place: [number, number, number]) {
      steps.push('record');
      return loadPart.call(this, ...place);
    });
    try {
      salvageBytes(file.finish(), (store, report) => {
        expect(new Map([...contentsOf(store)].sort())).toEqual(new Map([...expected].sort()));
        expect(report).toMatchObject({ evidence: 'flush', lossCount: 0 });
      });
    } finally {
      vi.restoreAllMocks();
    }
    // The survey, then record by record, with a segment now and then.
    const merging = steps.slice(steps.indexOf('record'));
    expect(steps.filter((step) => step === 'record').length).toBe(1501);
    expect(merging.filter((step) => step === 'whole').length).toBeGreaterThan(20);
  });
});

describe('a damaged table entry', () => {
  test('with a wrong generation does not hide the records, where the durable slot has the right one', () => {
    const file = new MadeFile(12, 8);
    file.log(1, 1, [recordBytes({ generation: 1, sequence: 1, key: 'key1', value: 'a' })]);
    file.log(2, 1, [recordBytes({ generation: 1, sequence: 2, key: 'key2', value: 'b' })]);
    const bytes = file.finish();
    file.words[entryAt(1) + Entry.GENERATION] = 77;
    file.words[entryAt(2) + Entry.SLOT_0] ^= 1; // nothing vouches for the table
    salvageBytes(bytes, (store, report) => {
      expect([...store.keys()].sort()).toEqual(['key1', 'key2']);
      expect(report).toMatchObject({ evidence: 'none', lossCount: 1, losses: [{ what: 'table' }] });
    });
  });

  test('that was wiped in memory does not hide the records either, and is named', () => {
    const { late } = makeImages(1);
    let expected = new Map<string, unknown>();
    salvageBytes(
      late.bytes,
      (store, report) => {
        expect(report).toMatchObject({ evidence: 'memory', lossCount: 0 });
        expected = contentsOf(store);
      },
      late.identity,
    );
    const words = new Int32Array(new Uint8Array(late.bytes).buffer);
    const logs = Array.from({ length: 12 }, (_, segment) => segment).filter((segment) => segment > 0 && words[entryAt(segment)] === SegmentKind.LOG);
    expect(logs.length).toBeGreaterThan(1);
    for (const segment of logs) {
      const bytes = Buffer.from(new Uint8Array(late.bytes).buffer);
      bytes.fill(0, entryAt(segment) * 4, (entryAt(segment) + L.ENTRY_WORDS) * 4);
      salvageBytes(
        bytes,
        (store, report) => {
          expect(contentsOf(store)).toEqual(expected);
          expect(report).toMatchObject({ evidence: 'memory', losses: [{ what: 'table', segment }] });
        },
        late.identity,
      );
    }
  });
});
