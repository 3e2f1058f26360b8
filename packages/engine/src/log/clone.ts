// Copies of decoded values, which share nothing with them.

import { types } from 'node:util';
import { cloneGraph } from './structured.js';

/** What lies deeper is left to V8, which does not run out of stack. */
const MAX_DEPTH = 100;

/** `isTree`: nothing in it is met twice, as in all that does not come from V8's format. Then it is walked, for a fortieth of the time. */
export function cloneDecoded(value: object, isTree: boolean): object {
  return isTree ? cloneTree(value, 0) : cloneGraph(value);
}

function cloneTree(value: object, depth: number): object {
  const prototype = Object.getPrototypeOf(value);
  if (depth < MAX_DEPTH) {
    if (prototype === Object.prototype) return cloneObject(value as Record<string, unknown>, depth);
    if (prototype === Array.prototype) return cloneArray(value as unknown[], depth);
  }
  if (prototype === Date.prototype) return new Date((value as Date).getTime());
  if (types.isUint8Array(value)) return cloneBytes(value);
  return cloneGraph(value);
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
