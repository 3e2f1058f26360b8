// Salvage: what is whole comes out of a damaged file, the newest of each key; what is not is named; the file is left as it was.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { differenceOf, type Image, makeImages, NOW } from '../../../../test/scorecard/small-store.js';
import { ImageMapping } from '../../../../test/support/image-mapping.js';
import { random } from '../../../../test/support/simulated-mapping.js';
import { codeOf, contentsOf, placeFor, SEED } from '../../../../test/support/stores.js';
import { xxh32 } from '../../src/file/checksum.js';
import { salvage } from '../../src/index.js';
import * as L from '../../src/layout.js';
import { parity } from '../../src/log/record.js';
import type { SalvageReport } from '../../src/salvage/salvage.js';
import { openStoreIn } from '../../src/store/registry.js';
import type { Store } from '../../src/store/store.js';
import { recordBytes, salvageBytes } from './made-file.js';

const S = 4096;

describe('of files', () => {
  const place = placeFor('koffi');
  let target = '';
  beforeEach(() => {
    target = join(place.directory, 'salvaged');
  });

  /** Changes bytes of the closed file, salvages it, and opens what came out. */
  function salvaged(change: (bytes: Buffer) => void): { report: SalvageReport; store: Store } {
    const bytes = readFileSync(place.path);
    change(bytes);
    writeFileSync(place.path, bytes);
    const report = salvage(place.path, target);
    expect(readFileSync(place.path).equals(bytes)).toBe(true);
    return { report, store: place.open({}, target) };
  }

  function fill(count: number): Map<string, unknown> {
    const store = place.open({ segmentSize: S });
    for (let i = 0; i < count; i++) store.set(`key ${i}`, `old ${i} `.padEnd(80, '.'));
    for (let i = 0; i < count; i += 2) store.set(`key ${i}`, `new ${i} `.padEnd(80, '.'));
    for (let i = 0; i < count; i += 5) store.delete(`key ${i}`);
    store.set('large', 'x'.repeat(3 * S));
    const contents = contentsOf(store);
    store.close();
    return contents;
  }

  test('a whole file comes out whole, with every kind of value, expiries and flags', () => {
    const store = place.open({ segmentSize: S });
    const values = [
      1,
      -0,
      true,
      null,
      5n,
      'é',
      'text',
      '\ud800',
      new Date(5),
      Buffer.from('b'),
      new Uint8Array([1]),
      { a: [1] },
      new Map([[1, new Set([2])]]),
      'x'.repeat(9000),
    ];
    for (const [i, value] of values.entries()) {
      store.set(`ключ ${i}`, value, { flag: i % 2 === 0, expiresAt: i % 3 === 0 ? place.now + 4e12 : Number.POSITIVE_INFINITY });
    }
    const records = [...store.records()];
    store.close();
    const { report, store: copy } = salvaged(() => undefined);
    expect(report).toEqual({ entries: values.length, evidence: 'flush', losses: [], lossCount: 0, lostBytes: 0 });
    const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
    expect([...copy.records()].sort(byKey)).toEqual(records.sort(byKey));
    expect(readdirSync(place.directory).sort()).toEqual(['salvaged', 'store']);
  });

  test('a damaged record is named, and costs no other', () => {
    const expected = fill(300);
    const { report, store } = salvaged((bytes) => {
      bytes[bytes.indexOf('old 77 ') + 20] ^= 1;
    });
    expected.delete('key 77');
    expect(contentsOf(store)).toEqual(expected);
    expect(report).toMatchObject({ lossCount: 1, losses: [{ what: 'log', message: expect.stringMatching(/segment \d+ hold no whole record/) }] });
    expect(report.lostBytes).toBeGreaterThanOrEqual(80);
  });

  test.each([
    ['past the end of the log', () => 30_000],
    ['inside another record', (to: number) => to - 24],
    ['where another record begins', (to: number) => to],
  ])('a damaged header that looks right, and ends %s, costs no other record', (_, lengthTo) => {
    for (const damaged of [0, 5, 299]) {
      const store = place.open({ segmentSize: 65536 }, join(place.directory, `of ${damaged}`));
      for (let i = 0; i < 300; i++) store.set(`key ${i}`, `value ${i}`);
      const expected = contentsOf(store);
      store.close();
      expected.delete(`key ${damaged}`);
      const bytes = readFileSync(join(place.directory, `of ${damaged}`));
      const at = (i: number) => bytes.indexOf(`key ${i}\0`) - 24;
      // As an older use of the place may have left it, where a write of one sector was lost: the same key, and another length.
      const keyEnd = at(damaged) + 24 + 8;
      const length = lengthTo(damaged + 60 < 300 ? at(damaged + 60) - keyEnd : 60 * 48);
      const meta = bytes.readInt32LE(at(damaged) + 16) & 0xffffff;
      bytes.writeInt32LE(meta | (parity(meta, length, 0) << L.PARITY_SHIFT), at(damaged) + 16);
      bytes.writeInt32LE(length, at(damaged) + 20);
      const from = join(place.directory, `damaged ${damaged}`);
      writeFileSync(from, bytes);
      const report = salvage(from, `${target} ${damaged}`);
      expect(contentsOf(place.open({}, `${target} ${damaged}`))).toEqual(expected);
      expect(report).toMatchObject({ entries: 299, lossCount: 1, lostBytes: 48 });
    }
  });

  test.each(['first', 'second'])('bytes in the damaged value of the %s record that look like a record are not taken for one', (damaged) => {
    const store = place.open({ segmentSize: S });
    // Whole, on 16 bytes, of the segment's generation, and numbered higher than what is before it.
    const value = (key: string) =>
      Buffer.concat([recordBytes({ generation: 1, sequence: 900, key: 'inner!!!', value: 'never stored' }), Buffer.from(`end of ${key}`)]);
    for (const key of ['first', 'second']) store.set(key.padEnd(8), value(key));
    store.set('third', 3);
    store.close();
    const { store: copy } = salvaged((bytes) => {
      bytes[bytes.indexOf(`end of ${damaged}`)] ^= 1;
    });
    expect([...copy.keys()].sort()).toEqual(['first   ', 'second  ', 'third'].filter((key) => key.trim() !== damaged));
  });

  test('a store that opening refuses gives up what it has', () => {
    const expected = fill(300);
    writeFileSync(join(place.directory, 'copy'), readFileSync(place.path));
    const { report, store } = salvaged((bytes) => bytes.fill(0xff, L.HEAD_BYTES + 4 * S, L.HEAD_BYTES + 5 * S));
    expect(report.lossCount).toBe(1);
    // What lay in that segment: gone, or as it was before.
    let same = 0;
    for (const [key, value] of expected) if (store.get(key) === value) same++;
    expect(same).toBeGreaterThan(200);
  });

  test('no superblock: the segment size is found by looking, and all comes out', () => {
    const expected = fill(300);
    const { report, store } = salvaged((bytes) => bytes.fill(0, 0, 2 * L.PAGE_BYTES));
    expect(contentsOf(store)).toEqual(expected);
    expect(report).toMatchObject({ evidence: 'none', losses: [{ what: 'superblock' }] });
  });

  test.each([4096, 8192, 65536])('no superblock and no table, of segments of %d bytes: the records alone tell their size', (segmentSize) => {
    const store = place.open({ segmentSize });
    for (let i = 0; i < 1000; i++) store.set(`key ${i % 700}`, `${i} `.padEnd(i % 100, '.'));
    const expected = contentsOf(store);
    store.close();
    const { report, store: copy } = salvaged((bytes) => bytes.fill(0, 0, L.HEAD_BYTES + segmentSize));
    expect(contentsOf(copy)).toEqual(expected);
    expect(report).toMatchObject({ entries: 700, evidence: 'none', lostBytes: 0 });
    expect([...new Set(report.losses.map(({ what }) => what))]).toEqual(['superblock', 'table']);
    expect(copy.stats().segmentSize).toBe(segmentSize);
  });

  test('a table that was wiped: the records speak for themselves, what only the table knew is named', () => {
    const expected = fill(300);
    const { report, store } = salvaged((bytes) => bytes.fill(0, L.HEAD_BYTES, L.HEAD_BYTES + S));
    expected.delete('large');
    expect(contentsOf(store)).toEqual(expected);
    expect(report.losses.map(({ what }) => what)).toContain('table');
    expect(report.losses.filter(({ what }) => what === 'value')).toMatchObject([{ key: 'large', bytes: 3 * S }]);
  });

  test('a damaged large value is named, and what it replaced does not come back', () => {
    const store = place.open({ segmentSize: S });
    store.set('large', 'small once');
    store.set('large', 'y'.repeat(3 * S));
    store.set('other', 1);
    store.close();
    const { report, store: copy } = salvaged((bytes) => {
      bytes[bytes.lastIndexOf('yyyyyyyy')] ^= 1;
    });
    expect([...copy.keys()]).toEqual(['other']);
    expect(report).toMatchObject({ entries: 1, lossCount: 1, losses: [{ what: 'value', key: 'large', bytes: 3 * S }] });
  });

  describe('a superblock of another version', () => {
    /** Changes a word of every copy; returns what salvage throws. */
    function refusalAfter(field: number, value: number, sums: boolean): string | undefined {
      fill(50);
      const bytes = readFileSync(place.path);
      for (const start of L.SUPERBLOCK_SLOTS.flatMap((slot) => L.SUPERBLOCK_COPIES.map((copy) => slot + copy))) {
        const words = new Int32Array(bytes.buffer, bytes.byteOffset + start, L.Super.WORDS);
        if (words[L.Super.MAGIC_LOW] !== L.MAGIC_LOW) continue;
        words[field] = value;
        if (sums) words[L.Super.CHECKSUM] = xxh32(words, 1, L.Super.WORDS, 0);
      }
      writeFileSync(place.path, bytes);
      const before = readdirSync(place.directory);
      expect(codeOf(() => place.open())).toBe('ERR_STORE_VERSION');
      const code = codeOf(() => salvage(place.path, target));
      expect(readFileSync(place.path).equals(bytes)).toBe(true);
      expect(readdirSync(place.directory)).toEqual(before);
      return code;
    }

    test.each([
      ['a later version', L.Super.VERSION, 2, true],
      ['a later version whose checksum lies elsewhere', L.Super.VERSION, 2, false],
      ['a feature', L.Super.FEATURES, 1, true],
      ['a mode', L.Super.MODE, 7, true],
    ])('is refused as by opening, and not read as version 1: %s', (_, field, value, sums) => {
      expect(refusalAfter(field, value, sums)).toBe('ERR_STORE_VERSION');
    });

    test('is not seen in one damaged copy', () => {
      const expected = fill(50);
      const { report, store } = salvaged((bytes) => {
        for (const slot of L.SUPERBLOCK_SLOTS) {
          bytes[slot + L.Super.VERSION * 4] = 2;
          bytes.fill(0, slot + L.SECTOR_BYTES, slot + 2 * L.SECTOR_BYTES);
        }
        bytes[L.Super.VERSION * 4] = 3;
      });
      expect(contentsOf(store)).toEqual(expected);
      expect(report).toMatchObject({ evidence: 'none', losses: [{ what: 'superblock' }] });
    });
  });

  test('memory that a living or dead process left has what was not flushed, too', () => {
    const store = place.open({ segmentSize: S });
    store.set('flushed', 1);
    store.flushSync();
    store.set('not flushed', 2);
    expect(salvage(place.path, target)).toMatchObject({ entries: 2, evidence: 'memory', lossCount: 0 });
  });

  test('refuses what it can not do, and leaves nothing behind', () => {
    const path = (name: string) => join(place.directory, name);
    fill(10);
    writeFileSync(path('text'), 'not a store '.repeat(1000));
    writeFileSync(path('empty'), '');
    mkdirSync(path('directory'));
    const before = readdirSync(place.directory);
    expect(codeOf(() => salvage(place.path, path('text')))).toBe('ERR_STORE_EXISTS');
    expect(codeOf(() => salvage(place.path, place.path))).toBe('ERR_STORE_EXISTS');
    expect(codeOf(() => salvage(path('text'), target))).toBe('ERR_STORE_NOT_A_STORE');
    expect(codeOf(() => salvage(path('empty'), target))).toBe('ERR_STORE_NOT_A_STORE');
    expect(codeOf(() => salvage(path('directory'), target))).toBe('ERR_STORE_NOT_A_STORE');
    expect(codeOf(() => salvage(path('missing'), target))).toBe('ERR_STORE_IO');
    expect(codeOf(() => salvage(place.path, join(target, 'in', 'nothing')))).toBe('ERR_STORE_IO');
    expect(codeOf(() => salvage(place.path, ''))).toBe('ERR_OPTION_INVALID');
    expect(codeOf(() => salvage(place.path, target, { segmentSize: S } as object))).toBe('ERR_OPTION_INVALID');
    expect(readdirSync(place.directory)).toEqual(before);
  });
});

describe('of bytes that were written to do harm', () => {
  const images = makeImages(1);

  const wordsOf = (bytes: Buffer) => new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  const copyOf = ({ bytes }: Image) => Buffer.from(new Uint8Array(bytes).buffer);
  const entryAt = (segment: number) => (L.HEAD_BYTES >> 2) + segment * L.ENTRY_WORDS;

  test('two segments with the same numbers are merged, record by record', () => {
    const bytes = copyOf(images.closed);
    const words = wordsOf(bytes);
    const kindOf = (segment: number) => words[entryAt(segment) + L.Entry.KIND];
    const segments = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    const logs = segments.filter((segment) => kindOf(segment) === L.SegmentKind.LOG);
    const free = segments.filter((segment) => kindOf(segment) === L.SegmentKind.FREE);
    const start = (segment: number) => L.HEAD_BYTES + segment * S;
    // The last log segment once more, its entry lost.
    bytes.copy(bytes, start(free[0]), start(logs[2]), start(logs[2]) + S);
    words.fill(0, entryAt(free[0]), entryAt(free[0]) + L.ENTRY_WORDS);
    bytes.fill(0, 0, 2 * L.PAGE_BYTES);
    salvageBytes(bytes, (store, report) => {
      expect(differenceOf(store, images.closed.state)).toBeUndefined();
      expect(report.losses.map(({ what }) => what)).toEqual(['superblock', 'table']);
    });
  });

  test('bytes that look like long records everywhere do not take for ever', () => {
    const bytes = Buffer.alloc(L.HEAD_BYTES + 64 * S * 16);
    images.closed.bytes.copy(bytes);
    const words = wordsOf(bytes);
    const shift = 16;
    for (const slot of L.SUPERBLOCK_SLOTS) bytes.fill(0, slot, slot + 2 * L.SECTOR_BYTES);
    const meta = 16 | (1 << L.KIND_SHIFT);
    const length = 2 ** (shift - 2);
    // A header every 16 bytes, each plausible under any segment size that holds it.
    for (let at = (L.HEAD_BYTES + 16 * S) >> 2; at < words.length; at += 4) {
      words[at] = meta | (parity(meta, length, 0) << L.PARITY_SHIFT);
      words[at + 1] = length;
    }
    const started = performance.now();
    salvageBytes(bytes, (_, report) => expect(report.evidence).toBe('none'));
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test(`what comes out was once stored under its key, whatever was wiped or overwritten (seed ${SEED})`, () => {
    const next = random(SEED);
    const source = new ImageMapping(1 << 20);
    const environment = { now: () => NOW, random: (length: number) => new Uint8Array(length).fill(3) };
    const original = openStoreIn('/original', { flush: 'manual', segmentSize: S, maxSize: 1 << 20 }, environment, source);
    const history = new Map<string, Set<unknown>>();
    for (let i = 0; i < 6000; i++) {
      const key = `key ${Math.floor(next() * 400)}`;
      const value = `${i} `.padEnd(next() < 0.01 ? 9000 : Math.floor(next() * 300), 'x');
      if (next() < 0.2) original.delete(key);
      else original.set(key, value);
      history.set(key, (history.get(key) ?? new Set()).add(value));
      if (next() < 0.01) original.flushSync();
    }
    original.close();
    const whole = Buffer.from(source.bytes);
    let taken = 0;
    for (let round = 0; round < 60; round++) {
      const bytes = Buffer.from(whole);
      for (let hits = Math.floor(next() * 30); hits >= 0; hits--) {
        const at = next() < 0.3 ? Math.floor(next() * 40_000) : Math.floor(next() * bytes.length);
        const end = Math.min(bytes.length, at + 1 + Math.floor(next() ** 4 * 6000));
        if (next() < 0.5) bytes.fill(next() < 0.5 ? 0 : 0xff, at, end);
        else for (let i = at; i < end; i++) bytes[i] = next() * 256;
      }
      try {
        salvageBytes(bytes, (store) => {
          for (const [key, value] of store) {
            taken++;
            expect(history.get(key)?.has(value), `round ${round}: '${key}'`).toBe(true);
          }
        });
      } catch (error) {
        expect((error as { code?: string }).code, `round ${round}: ${(error as Error).stack}`).toMatch(/^ERR_STORE_(NOT_A_STORE|VERSION|CORRUPT)$/);
      }
    }
    expect(taken).toBeGreaterThan(5000);
  });

  test('any file made of pieces of stores and noise ends in a report or an error with a code', () => {
    let state = 7;
    const next = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const pieces = [images.closed.bytes, images.early.bytes, images.late.bytes, makeImages(2).closed.bytes];
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(pieces[next(4)]);
      for (let changes = next(12); changes >= 0; changes--) {
        const [from, to, length] = [next(bytes.length), next(bytes.length), next(next(2) === 0 ? 64 : 2 * S)];
        if (next(3) === 0) bytes.fill(next(256), to, Math.min(to + length, bytes.length));
        else pieces[next(4)].copy(bytes, to, from, from + length);
      }
      try {
        salvageBytes(bytes, () => undefined);
      } catch (error) {
        expect((error as { code?: string }).code, `round ${round}: ${(error as Error).stack}`).toMatch(/^ERR_STORE_(NOT_A_STORE|VERSION|CORRUPT)$/);
      }
    }
  });
});
