// Writes plain objects and arrays as MessagePack, in one pass that also decides whether they can be: what is read once is what is stored, so
// neither a getter nor a Proxy can show one value to the check and another to the writer. msgpackr reads the result.
// It is not a general packer: whatever MessagePack would not bring back exactly makes it say no.
import { types } from 'node:util';

// Deep values are V8's, whose decoder checks the stack.
const MAX_DEPTH = 64;
// A short string costs less character by character than a call out of JavaScript.
const SHORT_STRING = 24;
const CHUNK_BYTES = 64 * 1024;

// Values lie behind each other in a chunk, never over each other: several may be waiting to be written.
let target: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
let view = viewOf(target);
let start = 0;
let at = 0;
let limit = 0;
let busy = false; // a getter may store a value itself

// The objects met, for one met twice: in a list while they are few.
const met: object[] = [];
let metMany: Set<object> | null = null;

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function useChunk(bytes: Buffer, used: number): void {
  target = bytes;
  view = viewOf(bytes);
  start = 0;
  at = used;
}

/** The bytes of the value, or null where MessagePack would lose something (or it takes over `maxBytes`). What a getter throws, it throws. */
export function pack(value: object, maxBytes: number): Uint8Array | null {
  if (busy) return null;
  busy = true;
  limit = maxBytes;
  try {
    if (!writeObject(value, 0)) {
      at = start;
      return null;
    }
    const bytes = target.subarray(start, at);
    start = at;
    return bytes;
  } finally {
    at = start;
    if (target.length > CHUNK_BYTES) useChunk(Buffer.allocUnsafeSlow(CHUNK_BYTES), 0); // a large one is its value's alone
    met.length = 0;
    metMany = null;
    busy = false;
  }
}

function hasRoom(bytes: number): boolean {
  if (at + bytes <= target.length) return true;
  const used = at - start;
  if (used + bytes > limit) return false;
  const larger = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, Math.min(limit, 2 * (used + bytes))));
  target.copy(larger, 0, start, at);
  useChunk(larger, used);
  return true;
}

function write(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      return writeNumber(value);
    case 'boolean':
      return writeByte(value ? 0xc3 : 0xc2);
    case 'object':
      return value === null ? writeByte(0xc0) : writeObject(value, depth);
    case 'bigint':
      return writeBigint(value);
    case 'undefined':
      return writeUndefined();
    default:
      return false;
  }
}

function writeByte(byte: number): boolean {
  if (!hasRoom(1)) return false;
  target[at++] = byte;
  return true;
}

// msgpackr's way to write it: extension 0 of one byte.
function writeUndefined(): boolean {
  if (!hasRoom(3)) return false;
  target[at++] = 0xd4;
  target[at++] = 0;
  target[at++] = 0;
  return true;
}

function writeNumber(value: number): boolean {
  if (!hasRoom(9)) return false;
  if (value >> 0 !== value || (value === 0 && 1 / value < 0)) {
    target[at] = 0xcb;
    view.setFloat64(at + 1, value); // keeps -0 and NaN
    at += 9;
  } else if (value >= 0 && value < 0x80) {
    target[at++] = value;
  } else if (value < 0 && value >= -0x20) {
    target[at++] = value + 0x100;
  } else if (value >= -0x8000 && value < 0x8000) {
    target[at] = 0xd1;
    target[at + 1] = value >> 8;
    target[at + 2] = value;
    at += 3;
  } else {
    target[at] = 0xd2;
    view.setInt32(at + 1, value);
    at += 5;
  }
  return true;
}

function writeBigint(value: bigint): boolean {
  if (BigInt.asIntN(64, value) !== value || !hasRoom(9)) return false;
  target[at] = 0xd3;
  view.setBigInt64(at + 1, value);
  at += 9;
  return true;
}

function writeString(text: string): boolean {
  const length = text.length;
  if (length > SHORT_STRING) return writeLongString(text);
  if (!hasRoom(1 + length)) return false;
  const bytes = target;
  const first = at + 1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return writeLongString(text);
    bytes[first + i] = code;
  }
  bytes[at] = 0xa0 + length;
  at = first + length;
  return true;
}

// Lone surrogates are lost as UTF-8; a BOM at the start is where msgpackr reads by TextDecoder.
const SUSPECT = /^\ufeff|[\ud800-\udfff]/;

function writeLongString(text: string): boolean {
  if (SUSPECT.test(text) && (text.charCodeAt(0) === 0xfeff || !isWellFormed(text))) return false;
  const length = Buffer.byteLength(text);
  if (!hasRoom(5 + length)) return false;
  if (length < 0x20) writeByte(0xa0 + length);
  else if (length < 0x100) writeHead(0xd9, length, 1);
  else if (length < 0x10000) writeHead(0xda, length, 2);
  else writeHead(0xdb, length, 4);
  at += target.write(text, at, length, 'utf8');
  return true;
}

/** ES2024, in Node since 20; newer than the library this compiles against. */
export function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

function writeHead(tag: number, length: number, bytes: number): void {
  target[at] = tag;
  target.writeUIntBE(length, at + 1, bytes);
  at += 1 + bytes;
}

function writeCount(small: number, large: number, count: number): boolean {
  if (count < 0x10) return writeByte(small + count);
  if (!hasRoom(5)) return false;
  if (count < 0x10000) writeHead(large, count, 2);
  else writeHead(large + 1, count, 4);
  return true;
}

function writeObject(value: object, depth: number): boolean {
  if (depth > MAX_DEPTH || types.isProxy(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return isNew(value) && writeFields(value as Record<string, unknown>, depth);
  if (prototype === Array.prototype && Array.isArray(value)) return isNew(value) && writeItems(value, depth);
  return prototype === Date.prototype && types.isDate(value) && isNew(value) && writeDate(value.getTime());
}

function writeFields(object: Record<string, unknown>, depth: number): boolean {
  const keys = Object.keys(object);
  if (!writeCount(0x80, 0xde, keys.length)) return false;
  for (const key of keys) {
    if (key === '__proto__') return false; // msgpackr renames it
    if (!writeString(key) || !write(object[key], depth + 1)) return false;
  }
  return Object.getOwnPropertySymbols(object).length === 0;
}

function writeItems(array: unknown[], depth: number): boolean {
  const count = array.length;
  // Fewer keys are holes, more are properties of its own; as many may be both, and a hole shows below.
  if (Object.keys(array).length !== count || !writeCount(0x90, 0xdc, count)) return false;
  for (let i = 0; i < count; i++) {
    const item = array[i];
    if ((item === undefined && !Object.hasOwn(array, i)) || !write(item, depth + 1)) return false;
  }
  return Object.getOwnPropertySymbols(array).length === 0;
}

// Timestamp 96: nanoseconds, then signed seconds. There is none for an invalid date.
function writeDate(time: number): boolean {
  if (Number.isNaN(time) || !hasRoom(15)) return false;
  const seconds = Math.floor(time / 1000);
  target[at] = 0xc7;
  target[at + 1] = 12;
  target[at + 2] = 0xff;
  view.setUint32(at + 3, (time - seconds * 1000) * 1_000_000);
  view.setInt32(at + 7, Math.floor(seconds / 2 ** 32));
  view.setUint32(at + 11, seconds);
  at += 15;
  return true;
}

// MessagePack would bring an object met twice back as two, and never end on a cycle.
function isNew(value: object): boolean {
  if (metMany !== null) return metMany.size !== metMany.add(value).size;
  if (met.includes(value)) return false;
  if (met.push(value) > 16) metMany = new Set(met);
  return true;
}
