// Bytes that stand for memory which another process may be writing: a string must not be decoded straight from them. V8 sizes one in a first pass over the bytes
// and writes it in a second, beyond what it made room for if they changed in between. Only one byte a character, and copies, are safe.

const DECODING = ['utf8Slice', 'ucs2Slice', 'asciiSlice', 'hexSlice', 'base64Slice', 'base64urlSlice'];
const SAFE: readonly unknown[] = ['latin1', 'binary'];

function refused(): never {
  throw new Error('a string was decoded straight from memory that another process may be writing');
}

function part(this: Buffer, start?: number, end?: number): Buffer {
  return guarded(Buffer.prototype.subarray.call(this, start, end) as Buffer);
}

const prototype = Object.assign(Object.create(Buffer.prototype) as Buffer, Object.fromEntries(DECODING.map((name) => [name, refused])), {
  toString(this: Buffer, encoding?: BufferEncoding, start?: number, end?: number) {
    return SAFE.includes(encoding) ? Buffer.prototype.toString.call(this, encoding, start, end) : refused();
  },
  subarray: part,
  slice: part,
});

function guarded(bytes: Buffer): Buffer {
  return Object.setPrototypeOf(bytes, prototype) as Buffer;
}

export function sharedBytes(buffer: ArrayBufferLike, offset: number, length: number): Buffer {
  return guarded(Buffer.from(buffer, offset, length));
}
