// A key as the store sees it: its bytes, as words, and a keyed hash of them.
// HalfSipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; the 32-bit variant of the reference code), keyed per store:
// who does not know the key can't choose strings that collide.

import { MAX_KEY_BYTES } from '../layout.js';
import { rangeErrorOrType } from './key-error.js';

/** HalfSipHash-1-3 of `length` bytes that lie in `words` from `at` on, zero-padded to a whole word. Rounds are written out: this runs for every operation. */
export function halfSipHash13(words: Int32Array, at: number, length: number, key0: number, key1: number): number {
  let v0 = key0;
  let v1 = key1;
  let v2 = key0 ^ 0x6c796765;
  let v3 = key1 ^ 0x74656462;
  const end = at + (length >>> 2);
  for (let i = at; i < end; i++) {
    const m = words[i];
    v3 ^= m;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= m;
  }
  const last = ((length & 3) === 0 ? 0 : words[end]) | (length << 24);
  v3 ^= last;
  v0 = (v0 + v1) | 0;
  v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
  v0 = (v0 << 16) | (v0 >>> 16);
  v2 = (v2 + v3) | 0;
  v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
  v0 = (v0 + v3) | 0;
  v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
  v2 = (v2 + v1) | 0;
  v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
  v2 = (v2 << 16) | (v2 >>> 16);
  v0 ^= last;
  v2 ^= 0xff;
  for (let round = 0; round < 3; round++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  return v1 ^ v3;
}

/** The key of the operation under way. One per engine, so that no operation allocates. */
export class KeyBuffer {
  private readonly key0: number;
  private readonly key1: number;
  /** The key's bytes, zero-padded to a word. */
  words = new Int32Array(64);
  private bytes = Buffer.from(this.words.buffer);
  /** In bytes. */
  length = 0;
  /** Lone surrogates have no UTF-8: such a key is kept as UTF-16, and marked. */
  utf16 = false;
  /** Hash with its two low bits clear. */
  tag = 0;

  constructor(key0: number, key1: number) {
    this.key0 = key0;
    this.key1 = key1;
  }

  /** Loads a key from a string. Throws `ERR_KEY_INVALID`. */
  load(key: string): void {
    const length = typeof key === 'string' ? key.length : 0;
    if (length === 0 || length > MAX_KEY_BYTES) throw rangeErrorOrType(key);
    if (length > this.words.length << 2) this.reserve(length);
    const { words } = this;
    const whole = length & ~3;
    let all = 0;
    let i = 0;
    for (; i < whole; i += 4) {
      const a = key.charCodeAt(i);
      const b = key.charCodeAt(i + 1);
      const c = key.charCodeAt(i + 2);
      const d = key.charCodeAt(i + 3);
      all |= a | b | c | d;
      words[i >> 2] = a | (b << 8) | (c << 16) | (d << 24);
    }
    if (i < length) {
      let word = 0;
      for (let shift = 0; i < length; i++, shift += 8) {
        const c = key.charCodeAt(i);
        all |= c;
        word |= c << shift;
      }
      words[whole >> 2] = word;
    }
    if (all > 0x7f) this.loadWide(key);
    else {
      this.length = length;
      this.utf16 = false;
    }
    this.tag = halfSipHash13(this.words, 0, this.length, this.key0, this.key1) & ~3;
  }

  private loadWide(key: string): void {
    this.utf16 = !key.isWellFormed();
    const encoding = this.utf16 ? 'utf16le' : 'utf8';
    const length = Buffer.byteLength(key, encoding);
    if (length > MAX_KEY_BYTES) throw rangeErrorOrType(key);
    this.reserve(length);
    this.words[length >> 2] = 0;
    this.bytes.write(key, 0, length, encoding);
    this.length = length;
  }

  /** Loads a key from a record, where it starts at word `at` and is padded with zeros. */
  loadWords(from: Int32Array, at: number, length: number, utf16: boolean): void {
    this.reserve(length);
    const { words } = this;
    const count = (length + 3) >> 2;
    for (let i = 0; i < count; i++) words[i] = from[at + i];
    this.length = length;
    this.utf16 = utf16;
    this.tag = this.tagOf(from, at, length);
  }

  /** The tag of a key that lies in a record. */
  tagOf(from: Int32Array, at: number, length: number): number {
    return halfSipHash13(from, at, length, this.key0, this.key1) & ~3;
  }

  private reserve(length: number): void {
    if (length + 4 <= this.words.length << 2) return;
    this.words = new Int32Array(Math.max((length >> 2) + 2, this.words.length * 2));
    this.bytes = Buffer.from(this.words.buffer);
  }
}
