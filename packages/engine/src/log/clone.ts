// Copies of decoded values, which share nothing with them. Only of trees: of what is met twice it makes two, and of what was V8's (codec.ts) a new decoding costs less.

import { types } from 'node:util';

/** Deeper than what is encoded as MessagePack here: a file that was written to do harm. V8 does not run out of stack so soon. */
const MAX_DEPTH = 100;

export function cloneTree(value: object, depth = 0): object {
  const prototype = Object.getPrototypeOf(value);
  if (depth < MAX_DEPTH) {
    if (prototype === Object.prototype) return cloneObject(value as Record<string, unknown>, depth);
    if (prototype === Array.prototype) return cloneArray(value as unknown[], depth);
  }
  if (prototype === Date.prototype) return new Date((value as Date).getTime());
  return types.isUint8Array(value) ? cloneBytes(value) : structuredClone(value);
}

function cloneObject(value: Record<string, unknown>, depth: number): object {
  const copy = { ...value };
  for (const key of Object.keys(copy)) {
    const inner = copy[key];
    if (typeof inner === 'object' && inner !== null) copy[key] = cloneTree(inner, depth + 1);
  }
  return copy;
}

function cloneArray(value: unknown[], depth: number): object {
  const copy = value.slice();
  for (let i = 0; i < copy.length; i++) {
    const inner = copy[i];
    if (typeof inner === 'object' && inner !== null) copy[i] = cloneTree(inner, depth + 1);
  }
  return copy;
}

/** In memory of its own, as they were decoded. */
function cloneBytes(value: Uint8Array): Uint8Array {
  const copy = Buffer.isBuffer(value) ? Buffer.allocUnsafeSlow(value.length) : new Uint8Array(value.length);
  copy.set(value);
  return copy;
}
