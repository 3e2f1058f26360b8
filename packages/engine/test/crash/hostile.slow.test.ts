// Files that were written to do harm: numbers that can't be, under checksums that are right, and a memory that a dead process could not have left. Whatever a
// file says, opening it, reading, checking and writing end, in an error with a code at most, and nothing that it names is allocated before it was found to be there.

import { describe, expect, test } from 'vitest';
import { differenceOf, FILE_BYTES, type Image, makeImages, openImage } from '../../../../test/scorecard/small-store.js';
import { ImageMapping } from '../../../../test/support/image-mapping.js';
import { recordChecksum, xxh32 } from '../../src/file/checksum.js';
import * as L from '../../src/layout.js';
import { contentBytes, parity } from '../../src/log/record.js';
import type { Store } from '../../src/store/store.js';

const { Bucket, ChainRef, Control, Entry, Flag, Rec, SegmentKind, Slot, Super } = L;
const SEGMENT = 4096;
const SEGMENTS = (FILE_BYTES - L.HEAD_BYTES) / SEGMENT;
/** No request may be larger. */
const MOST_BYTES = 2 * FILE_BYTES;
const MOST_MS = 3000;

const images = makeImages(1);
const WORDS = [-1, 0, 1, 13, 4095, 2 ** 30, 2 ** 31 - 1, -(2 ** 31)];
const DOUBLES = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 0, 0.5, 1, 1e9, 2 ** 52, 2 ** 53 - 1, 2 ** 53, 1e308, -0];

class Hostile {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly doubles: Float64Array;

  constructor({ bytes }: Image) {
    const copy = new Uint8Array(bytes).buffer;
    this.bytes = Buffer.from(copy);
    this.words = new Int32Array(copy);
    this.doubles = new Float64Array(copy);
  }

  /** Words of the superblocks. */
  get superblocks(): number[] {
    return L.SUPERBLOCK_SLOTS.flatMap((slot) => L.SUPERBLOCK_COPIES.map((copy) => (slot + copy) >> 2));
  }

  entry(segment: number): number {
    return (L.HEAD_BYTES >> 2) + segment * L.ENTRY_WORDS;
  }

  start(segment: number): number {
    return (L.HEAD_BYTES + segment * SEGMENT) >> 2;
  }

  /** All checksums of slots, table and superblocks as if it had been written so. */
  seal(): this {
    const { words, doubles } = this;
    const [newest] = [...this.superblocks].sort((a, b) => doubles[(b + Super.REVISION) >> 1] - doubles[(a + Super.REVISION) >> 1]);
    const flush = doubles[(newest + Super.FLUSH) >> 1];
    let sum = 0;
    for (let segment = 1; segment < SEGMENTS; segment++) {
      let counts = 0;
      let number = 0;
      for (const slot of [Entry.SLOT_0, Entry.SLOT_1]) {
        const at = this.entry(segment) + slot;
        if (words[at] === 0) continue;
        words[at] = xxh32(words, at + 1, at + Slot.WORDS, segment) || 1;
        const own = doubles[(at + Slot.FLUSH) >> 1];
        if (own >= 1 && own <= flush && own > number) [number, counts] = [own, words[at]];
      }
      sum = (sum + counts) | 0;
    }
    for (const at of this.superblocks) {
      if (words[at + Super.MAGIC_LOW] === 0) continue;
      words[at + Super.TABLE_SUM] = sum;
      words[at] = xxh32(words, at + 1, at + Super.WORDS, 0);
    }
    return this;
  }

  /** Locations of the live records, as words. */
  records(): number[] {
    const found: number[] = [];
    for (let segment = 1; segment < SEGMENTS; segment++) {
      const at = this.entry(segment);
      if (this.words[at + Entry.KIND] !== SegmentKind.LOG) continue;
      for (let offset = 0; offset < this.words[at + Entry.LENGTH]; ) {
        const record = this.start(segment) + (offset >> 2);
        found.push(record);
        offset += (contentOf(this.words, record) + 15) & ~15;
      }
    }
    return found;
  }

  /** Parity and checksum of a record as if it had been written so; as far as it lies in the file. */
  sealRecord(at: number): void {
    const { words, bytes } = this;
    const meta = words[at + Rec.META] & 0xffffff;
    const expiry = (meta & Flag.EXPIRES) === 0 ? 0 : words[at + Rec.EXPIRY] ^ words[at + Rec.EXPIRY + 1];
    words[at + Rec.META] = meta | (parity(meta, words[at + Rec.VALUE_LENGTH], expiry) << L.PARITY_SHIFT);
    const content = contentOf(words, at);
    if (content > 0 && content < SEGMENT) words[at] = recordChecksum(words, bytes, at, content);
  }
}

function contentOf(words: Int32Array, at: number): number {
  const meta = words[at + Rec.META];
  const payload = (meta & Flag.CHAINED) !== 0 ? ChainRef.WORDS * 4 : words[at + Rec.VALUE_LENGTH];
  return contentBytes(meta & 0xffff, payload, (meta & Flag.EXPIRES) !== 0);
}

const mapping = new ImageMapping(4 * FILE_BYTES);

/** Opens and uses the file in every way; what went wrong, if anything. `spoil` changes the memory under the open store. */
function survives(hostile: Hostile, image: Image, identity: string, spoil?: (bytes: Buffer) => void): string | undefined {
  const started = performance.now();
  mapping.identity = identity;
  mapping.place = image.place;
  mapping.largestRequest = 0;
  mapping.load(hostile.bytes);
  let store: Store | undefined;
  const problems: string[] = [];
  const attempt = (what: string, call: () => unknown) => {
    try {
      call();
    } catch (error) {
      // Misuse too has a code: the maxSize asked for can be too small for a segment size.
      if (!(error as { code?: string }).code?.startsWith('ERR_')) problems.push(`${what}: ${(error as Error).stack?.split('\n').slice(0, 4).join(' | ')}`);
    }
  };
  attempt('open', () => {
    store = openImage(mapping, false);
  });
  if (store !== undefined) {
    const open = store as Store;
    spoil?.(mapping.bytes);
    attempt('check', () => open.check());
    attempt('read', () => differenceOf(open, image.state));
    attempt('stats', () => open.stats());
    for (let i = 0; i < 40; i++) attempt('set', () => open.set(`new ${i}`, 'x'.repeat(i)));
    // Not where the count itself was spoilt under the open store.
    if (spoil === undefined) attempt('a change that counts', () => setSeen(open, problems));
    attempt('set large', () => open.set('new and large', 'x'.repeat(2 * SEGMENT)));
    for (const key of image.state.keys()) attempt('delete', () => open.delete(key));
    attempt('batch', () => open.setMany([1, 2, 3].map((i) => ({ key: `new ${i}`, value: i }))));
    attempt('compact', () => open.compact());
    attempt('clear', () => open.clear());
    attempt('flush', () => open.flushSync());
    attempt('check', () => open.check());
    attempt('close', () => open.close());
  }
  if (mapping.largestRequest > MOST_BYTES) problems.push(`${mapping.largestRequest} bytes were asked for`);
  const took = performance.now() - started;
  if (took > MOST_MS) problems.push(`it took ${took.toFixed(0)} ms`);
  return problems.length === 0 ? undefined : problems.slice(0, 2).join('; ');
}

/** A reader that goes by `dataVersion` hears of a change. */
function setSeen(store: Store, problems: string[]): void {
  const before = store.dataVersion;
  store.set('new 0', 'again');
  if (store.dataVersion === before) problems.push(`a change left dataVersion at ${before}`);
}

/** Each of `values` at each of `places`, through `change`. */
function trial(places: readonly number[], values: readonly number[], change: (place: number, value: number) => string | undefined): void {
  const wrong: string[] = [];
  for (const place of places) {
    for (const value of values) {
      const found = change(place, value);
      if (found !== undefined) wrong.push(`${place} = ${value}: ${found}`);
    }
  }
  expect(wrong.slice(0, 10), `${wrong.length} cases`).toEqual([]);
}

const range = (from: number, to: number, step = 1) => Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
const NAMES = ['closed', 'late'] as const;

describe.each(NAMES)('a hostile file made from a store (%s)', { timeout: 120_000 }, (name) => {
  const image = images[name];

  test.each([true, false])('with impossible numbers in its superblocks, the table sum right: %s', (sealed) => {
    const numbers = [Super.SEGMENT_SHIFT, Super.CAPACITY, Super.CLEAN, Super.CLEAN_SUM, Super.PLACE, Super.MODE, Super.FEATURES, Super.TABLE_SUM];
    const sealer = (hostile: Hostile) => {
      if (sealed) return hostile.seal();
      for (const at of hostile.superblocks) hostile.words[at] = xxh32(hostile.words, at + 1, at + Super.WORDS, 0);
      return hostile;
    };
    trial(numbers, WORDS, (field, value) => {
      const hostile = new Hostile(image);
      for (const at of hostile.superblocks) hostile.words[at + field] = value;
      return survives(sealer(hostile), image, 'another boot');
    });
    trial([Super.FLUSH, Super.REVISION, Super.CREATED], DOUBLES, (field, value) => {
      const hostile = new Hostile(image);
      for (const at of hostile.superblocks) hostile.doubles[(at + field) >> 1] = value;
      return survives(sealer(hostile), image, 'another boot');
    });
  });

  test('that says it has no records and is as long as files can be', () => {
    trial([12, 13, 20, 24], [2 ** 16, 2 ** 20, 2 ** 24, 2 ** 24 - 1, 4096, 1024], (shift, capacity) => {
      const hostile = new Hostile(image);
      hostile.bytes.fill(0, L.CONTROL_OFFSET);
      for (const at of hostile.superblocks) {
        hostile.words[at + Super.SEGMENT_SHIFT] = shift;
        hostile.words[at + Super.CAPACITY] = capacity;
        hostile.words[at + Super.CLEAN] = 0;
      }
      return survives(hostile.seal(), image, 'another boot');
    });
  });

  test.each(['the same memory', 'another boot'])('with any number in its control block, %s', (identity) => {
    const control = L.CONTROL_OFFSET >> 2;
    const own = identity === 'another boot' ? identity : image.identity;
    trial(range(0, Control.WORDS), WORDS, (word, value) => {
      const hostile = new Hostile(image);
      hostile.words[control + word] = value;
      return survives(hostile, image, own);
    });
    trial(range(0, Control.WORDS, 2), DOUBLES, (word, value) => {
      const hostile = new Hostile(image);
      hostile.doubles[(control + word) >> 1] = value;
      return survives(hostile, image, own);
    });
  });

  // The steps of an operation under way, with every kind of it.
  test('with an operation under way that can not be', () => {
    const control = L.CONTROL_OFFSET >> 2;
    const fields = [Control.PROGRESS, Control.INTENT_LOCATION, Control.INTENT_COUNT, ...range(Control.STEPS, Control.STEPS + 16)];
    for (const kind of [1, 2, 3, 4, 5, 6, -1]) {
      trial(fields, WORDS, (field, value) => {
        const hostile = new Hostile(image);
        hostile.words[control + Control.INTENT] = kind;
        hostile.words[control + field] = value;
        return survives(hostile, image, image.identity);
      });
    }
  });

  test('with any number in its table', () => {
    trial(range(0, SEGMENTS * L.ENTRY_WORDS), [-1, 4, 2 ** 31 - 1], (word, value) => {
      const hostile = new Hostile(image);
      hostile.words[hostile.entry(0) + word] = value;
      return survives(hostile, image, image.identity) ?? survives(hostile.seal(), image, 'another boot');
    });
    trial(range(0, SEGMENTS * L.ENTRY_WORDS, 2), [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53], (word, value) => {
      const hostile = new Hostile(image);
      hostile.doubles[(hostile.entry(0) + word) >> 1] = value;
      return survives(hostile, image, image.identity) ?? survives(hostile.seal(), image, 'another boot');
    });
  });

  test('with any number in its index', () => {
    const segment = range(1, SEGMENTS).find((one) => new Hostile(image).words[new Hostile(image).entry(one)] === SegmentKind.INDEX) as number;
    const word = new Hostile(image).start(segment);
    const filled = range(0, SEGMENT >> 2).filter((i) => new Hostile(image).words[word + i] !== 0 || i % L.BUCKET_WORDS === Bucket.LINK);
    trial(filled, [-1, 1, 0x100, 0x301, 0x4ff, 0xc00, 2 ** 31 - 1], (i, value) => {
      const hostile = new Hostile(image);
      hostile.words[word + i] = value;
      return survives(hostile, image, image.identity);
    });
  });

  test('with impossible records whose checksums are right', () => {
    const records = new Hostile(image).records();
    const some = records.filter((at, i) => i % 16 === 0 || (new Hostile(image).words[at + Rec.META] & Flag.CHAINED) !== 0);
    for (const field of [Rec.GENERATION, Rec.META, Rec.VALUE_LENGTH, Rec.EXPIRY, Rec.EXPIRY + 4, Rec.EXPIRY + 5, Rec.EXPIRY + 6]) {
      trial(some, [-1, 0, 1, 5, 0x10010, 0x90005, 0xa0005, 0xc0008, 0xd0008, 0x800005, 0x8c0005, 4096, 2 ** 30, 2 ** 31 - 1], (at, value) => {
        const hostile = new Hostile(image);
        hostile.words[at + field] = value;
        hostile.sealRecord(at);
        return survives(hostile, image, image.identity) ?? survives(hostile.seal(), image, 'another boot');
      });
    }
    trial(some, DOUBLES, (at, value) => {
      const hostile = new Hostile(image);
      hostile.doubles[(at + Rec.SEQUENCE) >> 1] = value;
      hostile.sealRecord(at);
      return survives(hostile.seal(), image, 'another boot');
    });
  });

  // Memory that changes under an open store: no promise of what is read, but it ends, and check() says so.
  test('whose memory is damaged while it is open', () => {
    const control = L.CONTROL_OFFSET >> 2;
    const places = [...range(control, control + Control.WORDS), ...range(L.HEAD_BYTES >> 2, (L.HEAD_BYTES >> 2) + SEGMENTS * L.ENTRY_WORDS, 3)];
    trial(places, [-1, 0, 1, 12, 2 ** 20, 2 ** 31 - 1], (word, value) =>
      survives(new Hostile(image), image, 'another boot', (bytes) => bytes.writeInt32LE(value, word << 2)),
    );
  });
});
