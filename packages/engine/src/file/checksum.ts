// The two checksums of the format: XXH32 over words for what is small, CRC-32 for what is large.
// XXH32: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md (here over whole words, so input lengths are multiples of 4).

import { crc32 } from 'node:zlib';
import { BULK_CHECKSUM_BYTES } from '../layout.js';

const P1 = 0x9e3779b1 | 0;
const P2 = 0x85ebca77 | 0;
const P3 = 0xc2b2ae3d | 0;
const P4 = 0x27d4eb2f | 0;
const P5 = 0x165667b1 | 0;

/** XXH32 of `words[from, to)`. */
export function xxh32(words: Int32Array, from: number, to: number, seed: number): number {
  let i = from;
  let h: number;
  if (to - from >= 4) {
    let a = (seed + P1 + P2) | 0;
    let b = (seed + P2) | 0;
    let c = seed | 0;
    let d = (seed - P1) | 0;
    for (const last = to - 3; i < last; i += 4) {
      a = (a + Math.imul(words[i], P2)) | 0;
      a = Math.imul((a << 13) | (a >>> 19), P1);
      b = (b + Math.imul(words[i + 1], P2)) | 0;
      b = Math.imul((b << 13) | (b >>> 19), P1);
      c = (c + Math.imul(words[i + 2], P2)) | 0;
      c = Math.imul((c << 13) | (c >>> 19), P1);
      d = (d + Math.imul(words[i + 3], P2)) | 0;
      d = Math.imul((d << 13) | (d >>> 19), P1);
    }
    h = (((a << 1) | (a >>> 31)) + ((b << 7) | (b >>> 25)) + ((c << 12) | (c >>> 20)) + ((d << 18) | (d >>> 14))) | 0;
  } else h = (seed + P5) | 0;
  h = (h + ((to - from) << 2)) | 0;
  for (; i < to; i++) {
    h = (h + Math.imul(words[i], P3)) | 0;
    h = Math.imul((h << 17) | (h >>> 15), P4);
  }
  h ^= h >>> 15;
  h = Math.imul(h, P2);
  h ^= h >>> 13;
  h = Math.imul(h, P3);
  return h ^ (h >>> 16);
}

/** CRC-32 of bytes, as a signed word, continuing from `start`. */
export function bulkCrc(bytes: Uint8Array, start = 0): number {
  return crc32(bytes, start >>> 0) | 0;
}

/** The checksum of a record that lies at word `at` and is `length` bytes long (a multiple of 4): of all but its first word. */
export function recordChecksum(words: Int32Array, bytes: Buffer, at: number, length: number): number {
  if (length <= BULK_CHECKSUM_BYTES) return xxh32(words, at + 1, at + (length >> 2), 0);
  return bulkCrc(bytes.subarray((at << 2) + 4, (at << 2) + length));
}
