// Objects and arrays to bytes and back. Two encodings: msgpackr, fast, for shapes it is known to bring back exactly, and V8's
// structured clone for everything else. What neither can keep is a TypeError that says where it lies.
// Losses that are promised (as in structuredClone): class instances and null-prototype objects come back plain, subclasses of Map, Date
// and the like as their base, getters as the value they gave; non-enumerable properties, and properties set on a Map, Date or typed array, go.
// Views of one ArrayBuffer come back each with memory of its own. References that repeat, and cycles, are kept.
import { types } from 'node:util';
import { DefaultDeserializer, DefaultSerializer } from 'node:v8';
import { Packr } from 'msgpackr';
import { typeError } from '../errors.js';

// No records and no shared structures: every value decodes alone.
const packr = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: 'bigint' });

// Past these V8 is as fast, so looking further for msgpackr's sake only costs.
const MAX_FAST_NODES = 1024;
const MAX_FAST_DEPTH = 64;
const MAX_FAST_STRING = 64 * 1024;
// A fifth of what overflows the default stack of V8's decoder is refused no more than it must be: about 1,900 levels do.
const MAX_DEPTH = 1000;

const seen: object[] = [];
let seenMany: Set<object> | null = null;
let nodes = 0;

/** Whether msgpackr brings this back exactly. Runs no code of the user's: accessors and proxies say no before they are asked. */
export function isFastShape(value: object): boolean {
  nodes = 0;
  const fast = isFastObject(value, 0);
  seen.length = 0;
  seenMany = null;
  return fast;
}

function isFast(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return isFastString(value);
    case 'number':
      return value !== 0 || !Object.is(value, -0);
    case 'boolean':
    case 'undefined':
      return true;
    case 'object':
      return value === null || isFastObject(value, depth);
    default:
      return false; // a bigint, or what is refused
  }
}

/** ES2024, in Node since 20; newer than the library this compiles against. */
export function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

// Lone surrogates are lost as UTF-8; a leading BOM is, where msgpackr falls back to TextDecoder.
const SUSPECT = /^\ufeff|[\ud800-\udfff]/;

function isFastString(value: string): boolean {
  return value.length <= MAX_FAST_STRING && (!SUSPECT.test(value) || (value.charCodeAt(0) !== 0xfeff && isWellFormed(value)));
}

function isFastObject(value: object, depth: number): boolean {
  if (depth > MAX_FAST_DEPTH || types.isProxy(value)) return false;
  const array = Array.isArray(value);
  if (Object.getPrototypeOf(value) !== (array ? Array.prototype : Object.prototype)) return false;
  const keys = Object.keys(value);
  nodes += keys.length + 1;
  if (nodes > MAX_FAST_NODES || (array && keys.length !== value.length)) return false; // too many; or holes, or properties of its own
  if (isSeen(value) || Object.getOwnPropertySymbols(value).length > 0) return false;
  return array ? areFastItems(value, depth) : areFastFields(value as Record<string, unknown>, keys, depth);
}

function areFastItems(array: unknown[], depth: number): boolean {
  // As many keys as items is either all items, or as many holes as properties.
  for (let at = 0; at < array.length; at++) {
    const field = Object.getOwnPropertyDescriptor(array, at);
    if (field === undefined || field.get !== undefined || !isFast(field.value, depth + 1)) return false;
  }
  return true;
}

function areFastFields(object: Record<string, unknown>, keys: string[], depth: number): boolean {
  for (const key of keys) {
    // msgpackr renames __proto__, and asks for the constructor to tell what an object is.
    if (key === '__proto__' || key === 'constructor' || !isFastString(key)) return false;
    const field = Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor;
    if (field.get !== undefined || field.set !== undefined || !isFast(field.value, depth + 1)) return false;
  }
  return object.constructor === Object;
}

// msgpackr would write an object met twice two times, and a cycle forever.
function isSeen(value: object): boolean {
  if (seenMany !== null) return seenMany.size === seenMany.add(value).size;
  if (seen.includes(value)) return true;
  seen.push(value);
  if (seen.length > 16) seenMany = new Set(seen);
  return false;
}

/** The bytes of an object. `fast` is what isFastShape said of it. */
export function encodeStructured(value: object, fast: boolean): Uint8Array {
  if (fast) return packr.pack(value);
  let bytes: Uint8Array;
  try {
    const serializer = new Serializer();
    serializer.writeHeader();
    serializer.writeValue(value);
    bytes = serializer.releaseBuffer();
  } catch (cause) {
    assertStorable(value, 0, cause);
    throw typeError('ERR_VALUE_INVALID', `the value cannot be stored: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  // V8 takes a few things that it does not give back.
  assertStorable(value, bytes.length, undefined);
  return bytes;
}

export function decodeMsgpack(bytes: Buffer, length: number): unknown {
  return packr.unpack(bytes, length);
}

export function decodeV8(bytes: Buffer, length: number): unknown {
  const deserializer = new Deserializer(bytes.subarray(0, length));
  deserializer.readHeader();
  return deserializer.readValue();
}

// Part of the format; the numbers are those of Node's own v8.serialize.
const VIEWS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  DataView,
  Buffer,
  BigInt64Array,
  BigUint64Array,
] as const;
const VIEW_NAMES = VIEWS.map((view) => view.name);
const BUFFER_VIEW = VIEWS.indexOf(Buffer);

function viewIndex(view: ArrayBufferView): number {
  if (Buffer.isBuffer(view)) return BUFFER_VIEW;
  if (types.isDataView(view)) return VIEW_NAMES.indexOf('DataView');
  const name = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get?.call(view);
  return VIEW_NAMES.indexOf(name);
}

// Node's own pair tells the view's type by properties that a value can override, and gives views of the bytes it reads.
class Serializer extends DefaultSerializer {
  _writeHostObject(object: object): void {
    const index = ArrayBuffer.isView(object) ? viewIndex(object) : -1;
    if (index < 0) throw new Error(`a ${object.constructor?.name ?? 'native object'} holds what only this process has`);
    const view = object as ArrayBufferView;
    this.writeUint32(index);
    this.writeUint32(view.byteLength);
    this.writeRawBytes(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }
}

class Deserializer extends DefaultDeserializer {
  _readHostObject(): unknown {
    const index = this.readUint32();
    const length = this.readUint32();
    if (index >= VIEWS.length) throw new Error(`no view has the number ${index}`);
    const bytes = this.readRawBytes(length); // throws where there are fewer, so length is no bomb
    const memory = new ArrayBuffer(length);
    new Uint8Array(memory).set(bytes);
    const View = VIEWS[index];
    if (View === Buffer) return Buffer.from(memory);
    const size = 'BYTES_PER_ELEMENT' in View ? View.BYTES_PER_ELEMENT : 1;
    return new (View as typeof Uint8Array)(memory, 0, length / size);
  }
}

interface Place {
  value: unknown;
  parent: Place | null;
  key: string;
  depth: number;
}

// Looks for what can't be stored, and throws naming its place. By a list, not by recursion: the value may be deep or cyclic.
// `size` is that of the encoded value, which bounds how long a dense array can be.
function assertStorable(root: object, size: number, cause: unknown): void {
  const known = new Set<unknown>();
  const open: Place[] = [{ value: root, parent: null, key: '', depth: 0 }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const why = refusal(place);
    if (why !== null) throw typeError('ERR_VALUE_INVALID', `${why} cannot be stored, found at ${pathOf(place)}`, cause);
    if (typeof place.value !== 'object' || place.value === null || known.has(place.value)) continue;
    known.add(place.value);
    pushMembers(place, place.value, size, open);
  }
}

function refusal({ value, depth }: Place): string | null {
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value !== 'object' || value === null) return null;
  if (depth > MAX_DEPTH) return `nesting deeper than ${MAX_DEPTH}`;
  if (types.isProxy(value)) return 'a Proxy';
  if (types.isPromise(value)) return 'a Promise';
  if (types.isWeakMap(value) || types.isWeakSet(value)) return 'a WeakMap or WeakSet';
  if (types.isSharedArrayBuffer(value) || (ArrayBuffer.isView(value) && types.isSharedArrayBuffer(value.buffer))) return 'shared memory';
  if (Object.prototype.toString.call(value).startsWith('[object WebAssembly.')) return 'a WebAssembly object';
  if (types.isBoxedPrimitive(value) && typeof value.valueOf() === 'symbol') return 'a symbol';
  const prototype = Object.getPrototypeOf(value);
  const plain = prototype === null || prototype === Object.prototype || Array.isArray(value);
  if (plain && Object.getOwnPropertySymbols(value).some((key) => Object.prototype.propertyIsEnumerable.call(value, key))) return 'a symbol as a key';
  return null;
}

function pushMembers(parent: Place, value: object, size: number, open: Place[]): void {
  const push = (member: unknown, key: string) => {
    if ((typeof member === 'object' && member !== null) || typeof member === 'function' || typeof member === 'symbol') {
      open.push({ value: member, parent, key, depth: parent.depth + 1 });
    }
  };
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return;
  if (types.isMap(value)) {
    let at = 0;
    for (const [key, member] of Map.prototype.entries.call(value)) {
      push(key, `<key ${at}>`);
      push(member, `<value ${at++}>`);
    }
  } else if (types.isSet(value)) {
    let at = 0;
    for (const member of Set.prototype.values.call(value)) push(member, `<item ${at++}>`);
  } else if (Array.isArray(value) && value.length > 1000 && value.length <= size) {
    for (let at = 0; at < value.length; at++) push(value[at], `[${at}]`);
  } else {
    for (const key of Object.keys(value)) {
      const field = Object.getOwnPropertyDescriptor(value, key);
      push(field?.value, Array.isArray(value) ? `[${key}]` : `.${key}`);
    }
  }
}

function pathOf(place: Place): string {
  let path = '';
  for (let at: Place | null = place; at !== null; at = at.parent) path = at.key + path;
  return path === '' ? 'the top' : path.length > 200 ? `${path.slice(0, 100)}...${path.slice(-100)}` : path;
}
