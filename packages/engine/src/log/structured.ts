// Objects and arrays to bytes and back. Two encodings: MessagePack (pack.ts), fast, for what it brings back exactly, and V8's structured
// clone for everything else. What neither can keep is a TypeError that says where it lies.
// Losses that are promised (as in structuredClone): class instances and null-prototype objects come back plain, subclasses of Map, Date
// and the like as their base, getters as the value they gave; non-enumerable properties, and properties set on a Map, Date or typed array, go.
// Views of one ArrayBuffer come back each with memory of its own. References that repeat, and cycles, are kept.
import { types } from 'node:util';
import { DefaultDeserializer, DefaultSerializer } from 'node:v8';
import { Unpackr } from 'msgpackr';
import { typeError } from '../errors.js';

// It only reads: pack.ts writes, as the check that nothing is lost has to see every value anyway. No structures: every value decodes alone.
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'bigint' });

// Deeper values are refused, so that what was stored can also be read: the default stack holds about 1,900 levels in V8's decoder.
const MAX_DEPTH = 1000;

/** The bytes in V8's format. Throws a TypeError that names the place of what can't be stored. */
export function encodeV8(value: object): Uint8Array {
  let bytes: Uint8Array;
  try {
    const serializer = new Serializer();
    serializer.writeHeader();
    serializer.writeValue(value);
    bytes = serializer.releaseBuffer();
  } catch (cause) {
    assertStorable(value, 0, cause);
    throw invalid(cause);
  }
  // V8 takes a few things that it does not give back.
  assertStorable(value, bytes.length, undefined);
  return bytes;
}

/** What a getter or V8 threw, as an error of this store. */
export function invalid(cause: unknown): TypeError {
  return typeError('ERR_VALUE_INVALID', `the value cannot be stored: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
}

export function decodeMsgpack(bytes: Buffer, length: number): unknown {
  return unpackr.unpack(bytes, length);
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
  if (types.isBoxedPrimitive(value) && typeof value.valueOf() === 'symbol') return 'a symbol';
  const platform = platformClass(value);
  if (platform !== null) return `a ${platform}`;
  const prototype = Object.getPrototypeOf(value);
  const plain = prototype === null || prototype === Object.prototype || Array.isArray(value);
  if (plain && Object.getOwnPropertySymbols(value).some((key) => Object.prototype.propertyIsEnumerable.call(value, key))) return 'a symbol as a key';
  return null;
}

// What V8 keeps whole, by the tag it has.
const KEPT = new Set(['Object', 'Array', 'Map', 'Set', 'Date', 'RegExp', 'Error', 'Number', 'String', 'Boolean', 'BigInt', 'ArrayBuffer']);

// A Blob, a URL, Headers: classes of the platform keep what they hold where no property shows it, and would come back empty. Depending on Node V8
// takes some of them. A user's class of the same tag is none: it is a class instance like any other.
function platformClass(value: object): string | null {
  if (ArrayBuffer.isView(value) || types.isNativeError(value)) return null;
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (KEPT.has(tag)) return null;
  if (tag.startsWith('WebAssembly.')) return 'WebAssembly object';
  const named = (globalThis as Record<string, unknown>)[tag];
  return typeof named === 'function' && value instanceof named ? tag : null;
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
