// How much work salvage takes on a file that was written to make it work: so many times the file's length at most, counted in what it reads and sums.

import { afterEach, describe, expect, test, vi } from 'vitest';
import * as L from '../../src/layout.js';
import { parity, RecordReader } from '../../src/log/record.js';
import { DamagedFile } from '../../src/salvage/damaged-file.js';
import { MadeFile, recordBytes, salvageBytes } from './made-file.js';

afterEach(() => void vi.restoreAllMocks());

/** Bytes that went into checksums of records in the damaged file. */
function sumCounter(): { bytes: number } {
  const counter = { bytes: 0 };
  const { isWhole } = RecordReader.prototype;
  vi.spyOn(RecordReader.prototype, 'isWhole').mockImplementation(function (this: RecordReader) {
    counter.bytes += this.content;
    return isWhole.call(this);
  });
  return counter;
}

describe('records', () => {
  test.each([13, 16, 20])(
    'a segment of 2^%d bytes, half of it headers of long records, costs a few times its length, and the records behind come out',
    (shift) => {
      const file = new MadeFile(shift, 4);
      const { segmentBytes, words } = file;
      // A header every 16 bytes: its length is where the next one has its generation.
      const length = segmentBytes / 4;
      const meta = 16 | (1 << L.KIND_SHIFT);
      const start = file.startOf(1);
      for (let at = start >> 2; at < (start + segmentBytes / 2) >> 2; at += 4) {
        words[at] = meta | (parity(meta, length, 0) << L.PARITY_SHIFT);
        words[at + 1] = length;
      }
      for (let i = 0; i < 10; i++)
        recordBytes({ generation: length, sequence: i + 1, key: `key${i}`, value: 'whole' }).copy(file.bytes, start + segmentBytes / 2 + i * 48);
      file.enter(1, L.SegmentKind.LOG, length, segmentBytes);
      const counter = sumCounter();
      salvageBytes(file.finish(), (store) => expect([...store.keys()].sort()).toEqual(Array.from({ length: 10 }, (_, i) => `key${i}`)));
      // It is read twice.
      expect(counter.bytes).toBeGreaterThan(segmentBytes);
      expect(counter.bytes / segmentBytes).toBeLessThan(2 * 48);
    },
  );
});

describe('large values', () => {
  /** One chain of nearly all segments that are no log, and records of `count` keys that name its first segment. */
  function namedByAll(capacity: number, records: number, lengthOf: (pieces: number) => number): { bytes: Buffer; pieces: number } {
    const file = new MadeFile(12, capacity);
    const perLog = Math.floor(file.segmentBytes / 48);
    const usable = Array.from({ length: capacity }, (_, segment) => segment).filter((segment) => !file.isTable(segment));
    const logs = usable.splice(0, Math.ceil(records / perLog));
    const pieces = usable.length;
    for (const [i, segment] of usable.entries()) file.enter(segment, L.SegmentKind.CHAIN, 1, file.segmentBytes, usable[i + 1] ?? 0);
    let made = 0;
    for (const log of logs) {
      const some = Array.from({ length: Math.min(perLog, records - made) }, () => {
        made++;
        return recordBytes({
          generation: 1,
          sequence: made,
          key: `k${String(made).padStart(7, '0')}`,
          chain: [usable[0], 1, 12345, lengthOf(pieces) * file.segmentBytes],
        });
      });
      file.log(log, 1, some);
    }
    return { bytes: file.finish(), pieces };
  }

  test.each([
    ['as long as they say, with another sum', (pieces: number) => pieces],
    ['a segment too short', (pieces: number) => pieces + 1],
  ])('records that all name one chain, %s, cost links and bytes in proportion to the file', (_, lengthOf) => {
    for (const capacity of [128, 256, 512, 1024]) {
      const { bytes } = namedByAll(capacity, capacity, lengthOf);
      const entry = vi.spyOn(DamagedFile.prototype, 'entry');
      const read = vi.spyOn(DamagedFile.prototype, 'read');
      salvageBytes(bytes, (store, report) => {
        expect(store.size).toBe(0);
        expect(report.losses[0]).toMatchObject({ what: 'value' });
        expect(report.lossCount).toBe(capacity);
      });
      // Once or twice for the table itself, twice for each record, and what the budget gives.
      expect(entry.mock.calls.length / capacity).toBeLessThan(10);
      expect(read.mock.calls.length / capacity).toBeLessThan(6);
      vi.restoreAllMocks();
    }
  });

  test('the tables of chains that begin in one group and another by turns are read a few times, not for each of them', () => {
    const file = new MadeFile(12, 256);
    const records = Array.from({ length: 80 }, (_, i) =>
      recordBytes({ generation: 1, sequence: i + 1, key: `k${100 + i}`, chain: [i % 2 === 0 ? 40 : 200, 2, 5, 5000] }),
    );
    expect(file.log(1, 1, records)).toBe(80);
    const bytes = file.finish();
    const load = vi.spyOn(DamagedFile.prototype as unknown as { startOf(segment: number): number }, 'startOf');
    salvageBytes(bytes, (_, report) => expect(report.lossCount).toBe(80));
    // Twice the tables of eight groups, the log twice, and the two tables of the chains.
    expect(load.mock.calls.length).toBeLessThan(40);
  });
});
