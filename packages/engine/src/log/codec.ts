// A JavaScript value to (kind, bytes) and back, exactly. Strings first: they are most of what is stored.
// Objects are in structured.ts. Knows nothing of records, the file or who else may be writing to it, but for one rule: what it reads
// may change under it, so everything except a one-byte string is copied to private memory before it is looked at.
import { types } from 'node:util';
import { rangeError, typeError } from '../errors.js';
import { isWellFormed, pack } from './pack.js';
import { decodeMsgpack, decodeV8, encodeV8, invalid } from './structured.js';

/** What the bytes of a value are. Part of the format: a number is never reused. */
export const ValueKind = {
  LATIN1: 1, // a string, one byte a character
  UTF8: 2, // a well-formed string that is no longer so than as UTF-16
  UTF16: 3, // any other string: lone surrogates live on
  BUFFER: 4,
  BYTES: 5, // a Uint8Array
  NUMBER: 6, // float64, little-endian
  TRUE: 7,
  FALSE: 8,
  NULL: 9,
  BIGINT: 10, // a sign byte, 0 or 1, then the magnitude, big-endian
  DATE: 11, // float64 of milliseconds; NaN is the invalid date
  MSGPACK: 12,
  V8: 13,
} as const;

export const MAX_VALUE_BYTES = 2 ** 30;

/** A value on its way into a record. Reuse one for values written at once; a batch that holds several needs one each. */
export class EncodedValue {
  kind = 0;
  length = 0;
  /** Kinds 1 to 3. */
  text = '';
  /** The other kinds, where length > 0. May be the caller's own bytes, so write before the caller runs again, or `detach`. */
  bytes: Uint8Array | null = null;
  /** Where a number lies until written: of this object alone, as others may be waiting beside it. */
  float: Buffer | null = null;
}

/** Methods every Buffer has and the types leave out. */
export interface RawBuffer extends Buffer {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
  latin1Write(text: string, at: number, length: number): number;
  utf8Write(text: string, at: number, length: number): number;
  ucs2Write(text: string, at: number, length: number): number;
}

// Compiled for a one-byte string this can never match, so V8 answers without a look at the characters (and flattens a concatenation,
// which the write needs anyway).
const TWO_BYTE = /[^\x00-\xff]/;

/** Takes the value apart. Throws a TypeError or RangeError, and has then written nothing. */
export function encodeValue(value: unknown, out: EncodedValue): void {
  if (typeof value === 'string') {
    out.text = value;
    out.bytes = null;
    if (!TWO_BYTE.test(value)) {
      out.kind = ValueKind.LATIN1;
      out.length = value.length;
    } else {
      encodeTwoByte(value, out);
    }
    if (out.length > MAX_VALUE_BYTES) throw tooLarge(out.length);
    return;
  }
  out.text = '';
  encodeOther(value, out);
  if (out.length > MAX_VALUE_BYTES) {
    out.bytes = null;
    throw tooLarge(out.length);
  }
}

function encodeTwoByte(value: string, out: EncodedValue): void {
  const utf8 = isWellFormed(value) ? Buffer.byteLength(value) : Number.POSITIVE_INFINITY;
  const short = utf8 <= 2 * value.length;
  out.kind = short ? ValueKind.UTF8 : ValueKind.UTF16;
  out.length = short ? utf8 : 2 * value.length;
}

function encodeOther(value: unknown, out: EncodedValue): void {
  switch (typeof value) {
    case 'number':
      return setFloat(out, ValueKind.NUMBER, value);
    case 'boolean':
      return setBytes(out, value ? ValueKind.TRUE : ValueKind.FALSE, null);
    case 'bigint':
      return setBytes(out, ValueKind.BIGINT, bigintBytes(value));
    case 'object':
      return value === null ? setBytes(out, ValueKind.NULL, null) : encodeObject(value, out);
    case 'undefined':
      throw typeError('ERR_VALUE_INVALID', 'undefined cannot be stored: store null, or delete the key');
    default:
      throw typeError('ERR_VALUE_INVALID', `a ${typeof value} cannot be stored`);
  }
}

// By brand, not by instanceof: values of another realm (node:vm, jest) count, and what only borrows a prototype does not.
function encodeObject(value: object, out: EncodedValue): void {
  if (types.isUint8Array(value)) return setBytes(out, Buffer.isBuffer(value) ? ValueKind.BUFFER : ValueKind.BYTES, storable(value));
  if (types.isDate(value)) return setFloat(out, ValueKind.DATE, Date.prototype.getTime.call(value));
  const packed = packOrThrow(value);
  setBytes(out, packed === null ? ValueKind.V8 : ValueKind.MSGPACK, packed ?? encodeV8(value));
}

function packOrThrow(value: object): Uint8Array | null {
  try {
    return pack(value, MAX_VALUE_BYTES);
  } catch (cause) {
    throw invalid(cause);
  }
}

function storable(view: Uint8Array): Uint8Array {
  if (types.isSharedArrayBuffer(view.buffer)) throw typeError('ERR_VALUE_INVALID', 'bytes of shared memory cannot be stored: copy them first');
  if (view.byteLength > 0) return view;
  try {
    return new Uint8Array(view.buffer, 0, 0); // throws where the memory was transferred away, which else looks like no bytes
  } catch (cause) {
    throw typeError('ERR_VALUE_INVALID', 'a detached buffer cannot be stored', cause);
  }
}

function setBytes(out: EncodedValue, kind: number, bytes: Uint8Array | null): void {
  out.kind = kind;
  out.bytes = bytes;
  out.length = bytes === null ? 0 : bytes.byteLength;
}

function setFloat(out: EncodedValue, kind: number, value: number): void {
  out.float ??= Buffer.allocUnsafeSlow(8);
  out.float.writeDoubleLE(value, 0);
  out.kind = kind;
  out.bytes = out.float;
  out.length = 8;
}

// Through hex, as a power of two as the radix costs linear time at any size.
function bigintBytes(value: bigint): Uint8Array {
  const digits = (value < 0n ? -value : value).toString(16);
  return Buffer.from((value < 0n ? '01' : '00') + (digits.length % 2 === 1 ? '0' : '') + digits, 'hex');
}

function tooLarge(bytes: number): RangeError {
  return rangeError('ERR_VALUE_TOO_LARGE', `a value of ${bytes} bytes is over the limit of ${MAX_VALUE_BYTES}: split it`);
}

/** Writes exactly `from.length` bytes at `at`; there must be room for them. */
export function writeValue(from: EncodedValue, to: Buffer, at: number): void {
  const raw = to as RawBuffer;
  if (from.kind === ValueKind.LATIN1) raw.latin1Write(from.text, at, from.length);
  else if (from.bytes !== null) raw.set(from.bytes, at);
  else if (from.kind === ValueKind.UTF8) raw.utf8Write(from.text, at, from.length);
  else if (from.kind === ValueKind.UTF16) raw.ucs2Write(from.text, at, from.length);
}

/** The bytes in one piece, for values that are written in several. May be the caller's own bytes: read only, and at once. */
export function toBytes(from: EncodedValue): Uint8Array {
  if (from.bytes !== null) return from.bytes;
  const all = Buffer.allocUnsafeSlow(from.length);
  writeValue(from, all, 0);
  return all;
}

/** Lets go of the caller's bytes, for a value that is written after the caller ran again (a batch). */
export function detach(from: EncodedValue): void {
  if (from.kind === ValueKind.BUFFER || from.kind === ValueKind.BYTES) from.bytes = Uint8Array.from(from.bytes as Uint8Array);
}

// Private memory for small values: nothing decoded here keeps a view of it, and decoding runs no code of the user's.
const SCRATCH_BYTES = 16 * 1024;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES) as RawBuffer;

/** The value that lies in bytes [start, end). Throws on bytes that are no value of that kind; never hangs on them. */
export function decodeValue(kind: number, bytes: Buffer, start: number, end: number): unknown {
  if (kind === ValueKind.LATIN1) return (bytes as RawBuffer).latin1Slice(start, end);
  const length = end - start;
  switch (kind) {
    case ValueKind.TRUE:
      return true;
    case ValueKind.FALSE:
      return false;
    case ValueKind.NULL:
      return null;
    case ValueKind.BUFFER: {
      const copy = Buffer.allocUnsafeSlow(length);
      bytes.copy(copy, 0, start, end);
      return copy;
    }
    case ValueKind.BYTES: {
      const copy = new Uint8Array(length);
      bytes.copy(copy, 0, start, end);
      return copy;
    }
  }
  const copy = length <= SCRATCH_BYTES ? scratch : (Buffer.allocUnsafeSlow(length) as RawBuffer);
  bytes.copy(copy, 0, start, end);
  return decodePrivate(kind, copy, length);
}

function decodePrivate(kind: number, bytes: RawBuffer, length: number): unknown {
  switch (kind) {
    case ValueKind.UTF8:
      return bytes.utf8Slice(0, length);
    case ValueKind.UTF16:
      if (length % 2 !== 0) break;
      return bytes.ucs2Slice(0, length);
    case ValueKind.NUMBER:
    case ValueKind.DATE:
      if (length !== 8) break;
      return kind === ValueKind.NUMBER ? bytes.readDoubleLE(0) : new Date(bytes.readDoubleLE(0));
    case ValueKind.BIGINT: {
      if (length < 2 || bytes[0] > 1) break;
      const magnitude = BigInt(`0x${bytes.toString('hex', 1, length)}`);
      return bytes[0] === 1 ? -magnitude : magnitude;
    }
    case ValueKind.MSGPACK:
      return decodeMsgpack(bytes, length);
    case ValueKind.V8:
      return decodeV8(bytes, length);
  }
  throw new Error(`${length} bytes are no value of kind ${kind}`);
}
