// Copies of values, and changes to them: what an adapter is given, and what it gives, belongs to its caller, who may change it.
import { isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';

/** A copy all the way down; the value itself where a copy would be something else. */
export function copyOf(value: unknown): unknown {
  try {
    const copy: unknown = deserialize(serialize(value));
    return isDeepStrictEqual(copy, value) ? copy : value;
  } catch {
    return value;
  }
}

/** Changes what can be changed in a value, all the way down. */
export function spoil(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    bytes.set(bytes.map((byte) => ~byte));
  } else if (value instanceof Date) value.setTime(value.getTime() + 1);
  else {
    const inner = value instanceof Map || value instanceof Set ? [...value.values()] : Object.values(value);
    for (const one of inner) spoil(one, seen);
    if (value instanceof Map) value.set('spoiled', true);
    else if (value instanceof Set) value.add('spoiled');
    else if (Object.isExtensible(value)) Object.assign(value, { spoiled: true });
  }
}
