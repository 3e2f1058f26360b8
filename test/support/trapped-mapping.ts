// A mapping that says when a word is stored to the mapped file: between any two of those moments a process can die, and the power can go.
// (Bytes of values are copied in one piece, before anything points at them.)

import type { MappedFile, Mapping } from '../../packages/engine/src/mapping/mapping.js';

type Words = Int32Array | Float64Array;
/** Told the bytes of the mapping's memory that were stored to. */
type Stored = (from: number, to: number) => void;

/** What each trapped view stands for, and whom its stores tell. */
const trapped = new WeakMap<object, { target: Words; stored: Stored }>();
const STORING = new Set(['fill', 'set', 'copyWithin']);

function trap<T extends Words>(target: T, stored: Stored): T {
  const size = target.BYTES_PER_ELEMENT;
  const start = target.byteOffset;
  const view = new Proxy(target, {
    get(words, name) {
      const found = Reflect.get(words, name, words);
      if (typeof found !== 'function') return found;
      if (name === 'subarray') return (...range: [number?, number?]) => trap(words.subarray(...range) as T, stored);
      if (!STORING.has(name as string)) return found.bind(words);
      return (...args: unknown[]) => {
        found.apply(words, args);
        const [from, to] = name === 'fill' ? [args[1], args[2]] : [0, words.length];
        stored(start + (from as number) * size, start + (to as number) * size);
      };
    },
    set(words, name, value) {
      (words as Int32Array)[name as unknown as number] = value;
      const from = start + Number(name) * size;
      stored(from, from + size);
      return true;
    },
  });
  trapped.set(view, { target, stored });
  return view;
}

/** Atomics take no proxies: here they do. */
function teachAtomics(): void {
  for (const name of ['load', 'store', 'add', 'sub', 'and', 'or', 'xor', 'exchange', 'compareExchange'] as const) {
    const original = Atomics[name] as (...args: unknown[]) => unknown;
    (Atomics as unknown as Record<string, unknown>)[name] = (words: object, ...args: unknown[]) => {
      const found = trapped.get(words);
      if (found === undefined) return original(words, ...args);
      const result = original(found.target, ...args);
      const from = found.target.byteOffset + (args[0] as number) * found.target.BYTES_PER_ELEMENT;
      if (name !== 'load') found.stored(from, from + found.target.BYTES_PER_ELEMENT);
      return result;
    };
  }
}
let atomicsKnow = false;

/** `mapping`, calling `stored` after each store of a word to a file of it. */
export function trappedMapping(mapping: Mapping, stored: Stored): Mapping {
  if (!atomicsKnow) teachAtomics();
  atomicsKnow = true;
  return {
    kind: mapping.kind,
    exists: (path) => mapping.exists(path),
    fileId: (path) => mapping.fileId(path),
    create: (path, head, size) => mapping.create(path, head, size),
    open(path, options): MappedFile {
      const file = mapping.open(path, options);
      return {
        ...file,
        map(offset, length) {
          const region = file.map(offset, length);
          return { ...region, words: trap(region.words, stored), doubles: trap(region.doubles, stored) };
        },
      };
    },
  };
}
