// A store whose file is 64 KiB with one of everything in it: what rows 8 and 9 damage and cut. Made anew from a seed, so the image is the same each time.

import { inspect, isDeepStrictEqual } from 'node:util';
import { openStoreIn } from '../../packages/engine/src/store/registry.js';
import type { Store } from '../../packages/engine/src/store/store.js';
import { ImageMapping } from '../support/image-mapping.js';
import { random } from '../support/simulated-mapping.js';

export const FILE_BYTES = 65536;
/** Twelve segments behind the head. */
const OPTIONS = { segmentSize: 4096, maxSize: FILE_BYTES, flush: 'manual' } as const;
export const NOW = 1_700_000_000_000;

export interface Expected {
  value: unknown;
  expiresAt: number;
}

/** What must be there, by key. */
export type State = Map<string, Expected>;

export interface Image {
  bytes: Buffer;
  state: State;
  identity: string;
  place: string;
}

export interface Images {
  /** Closed cleanly. */
  closed: Image;
  /** As copies of the open file show it, early and late; the state is that of the last flush before. */
  early: Image;
  late: Image;
  /** The states of all flushes between the two, theirs among them: a copy that begins early and ends late can be of any. */
  between: State[];
}

/** Opens what the mapping holds. */
export function openImage(mapping: ImageMapping, verifyReads: boolean, readOnly = false): Store {
  return openStoreIn('/image', { ...OPTIONS, verifyReads, readOnly }, { now: () => NOW, random: () => new Uint8Array(8).fill(7) }, mapping);
}

/** Strings of one and two bytes a character, structures, bytes, numbers, expiries, tombstones, a chain of segments, keys of both encodings, and a clean segment's copies. */
export function makeImages(seed: number): Images {
  const next = random(seed);
  const mapping = new ImageMapping(FILE_BYTES);
  mapping.identity = `made ${seed}`;
  mapping.place = `made ${seed}`;
  const store = openImage(mapping, false);
  const state: State = new Map();
  const put = (key: string, value: unknown, expiresAt = Number.POSITIVE_INFINITY) => {
    store.set(key, value, { expiresAt });
    state.set(key, { value, expiresAt });
  };
  const remove = (key: string) => {
    store.delete(key);
    state.delete(key);
  };
  const image = (at: State): Image => ({ bytes: Buffer.from(mapping.bytes), state: at, identity: mapping.identity, place: mapping.place });
  const text = (i: number) => `${i} ${String.fromCharCode(97 + (i % 26)).repeat(Math.floor(next() * 120))}`;

  put('a large value', 'large '.repeat(1100));
  for (let i = 0; i < 48; i++) put(`key ${i}`, text(i));
  for (let i = 0; i < 8; i++) put(`größer ${i}`, { i, text: text(i), nested: [i, null, { deep: -i }] });
  for (let i = 0; i < 4; i++) put(`lone \ud800 ${i}`, Buffer.from(text(i)));
  put('number', 1e100);
  put('date', new Date(NOW));
  put('bigint', 2n ** 70n);
  put('map', new Map([['user', new Set([1n])]]));
  put('later', 'expires in an hour', NOW + 3_600_000);
  store.set('expired', 'long ago', { expiresAt: NOW - 1 });
  for (let i = 0; i < 12; i++) put(`gone ${i}`, text(i));
  for (let i = 0; i < 12; i++) remove(`gone ${i}`);
  store.flushSync();
  const atEarly = new Map(state);
  put('not flushed yet', 'x');
  const early = image(atEarly);
  const between: State[] = [atEarly];

  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 30; i++) put(`key ${i}`, text(i + round));
    remove(`key ${31 + round}`);
    store.flushSync();
    between.push(new Map(state));
  }
  const atLate = new Map(state);
  put('not flushed either', 'y');
  const late = image(atLate);
  store.close();
  return { closed: image(new Map(state)), early, late, between };
}

/**
 * Two moments of a store that is open, whose records are all of one length, and whose segments were used again in between: where the table of one moment says that
 * a record begins, one of the other moment begins too, so that only the generations tell them apart.
 */
export function makeUniformImages(seed: number): Pick<Images, 'early' | 'late' | 'between'> {
  const next = random(seed);
  const mapping = new ImageMapping(FILE_BYTES);
  mapping.identity = mapping.place = `uniform ${seed}`;
  const store = openImage(mapping, false);
  const state: State = new Map();
  const write = (count: number, keys: number) => {
    for (let i = 0; i < count; i++) {
      const key = `key ${100 + (count === keys ? i : Math.floor(next() * keys))}`;
      const value = String(Math.floor(next() * 2 ** 32)).padEnd(72, '.');
      const before = new Map(state);
      const { durableFlush } = store.stats();
      store.set(key, value);
      state.set(key, { value, expiresAt: Number.POSITIVE_INFINITY });
      // Where space is short a write flushes by itself, before it takes effect or after.
      if (store.stats().durableFlush !== durableFlush) between.push(before, new Map(state));
    }
    store.flushSync();
    between.push(new Map(state));
  };
  const image = (): Image => ({ bytes: Buffer.from(mapping.bytes), state: new Map(state), identity: mapping.identity, place: mapping.place });
  const between: State[] = [];
  write(60, 60);
  for (let round = 0; round < 6; round++) write(40, 60);
  between.splice(0, between.length - 1);
  const early = image();
  for (let round = 0; round < 16; round++) write(40, 60);
  const late = image();
  store.close();
  return { early, late, between };
}

/** What `store` holds that `state` does not, or the other way round; `undefined` if they are the same. Reads each key, and walks over all. */
export function differenceOf(store: Store, state: State): string | undefined {
  for (const [key, expected] of state) {
    const found = store.getEntry(key);
    if (found === undefined) return `'${key}' is missing`;
    if (!same(found.value, expected.value)) return `'${key}' is ${inspect(found.value)}, not ${inspect(expected.value)}`;
    if (found.expiresAt !== expected.expiresAt) return `'${key}' expires at ${found.expiresAt}, not ${expected.expiresAt}`;
  }
  let count = 0;
  for (const key of store.keys()) {
    count++;
    if (!state.has(key)) return `'${key}' came back`;
  }
  return count === state.size ? undefined : `${count} keys instead of ${state.size}`;
}

export function same(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && isDeepStrictEqual(a, b));
}
