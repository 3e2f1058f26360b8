// Copies of decoded values, which share nothing with them. Only of trees: of what is met twice it makes two, and of what was V8's (codec.ts) a new decoding costs less.

import { types } from 'node:util';

/** Deeper than what is encoded as MessagePack here: a file that was written to do harm. V8 does not run out of stack so soon. */
const MAX_DEPTH = 100;

/** Levels of objects in a tree, itself included: 1 if it holds none. No more than are copied here. */
export function heightOf(value: object, depth = 0): number {
  let height = 0;
  if (depth < MAX_DEPTH && isPlain(value)) {
    for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) height = Math.max(height, heightOf(inner, depth + 1));
  }
  return height + 1;
}

/** A copy of a tree of this height, which was measured before: rows of numbers and strings, which are most of what is cached, need not be looked through for objects at each copy. */
export function cloneTree(value: object, height: number, depth = 0): object {
  if (depth < MAX_DEPTH) {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return cloneObject(value as Record<string, unknown>, height, depth);
    if (prototype === Array.prototype) return cloneArray(value as unknown[], height, depth);
    if (prototype === Date.prototype) return new Date((value as Date).getTime());
  }
  return types.isUint8Array(value) ? cloneBytes(value) : structuredClone(value);
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype;
}

function cloneObject(value: Record<string, unknown>, height: number, depth: number): object {
  const copy = { ...value };
  if (height === 1) return copy;
  for (const key of Object.keys(copy)) {
    const inner = copy[key];
    if (typeof inner === 'object' && inner !== null) copy[key] = cloneTree(inner, height - 1, depth + 1);
  }
  return copy;
}

function cloneArray(value: unknown[], height: number, depth: number): object {
  const copy = value.slice();
  if (height === 1) return copy;
  for (let i = 0; i < copy.length; i++) {
    const inner = copy[i];
    if (typeof inner === 'object' && inner !== null) copy[i] = cloneTree(inner, height - 1, depth + 1);
  }
  return copy;
}

/** In memory of its own, as they were decoded. */
function cloneBytes(value: Uint8Array): Uint8Array {
  const copy = Buffer.isBuffer(value) ? Buffer.allocUnsafeSlow(value.length) : new Uint8Array(value.length);
  copy.set(value);
  return copy;
}
