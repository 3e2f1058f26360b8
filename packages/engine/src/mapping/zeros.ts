// Allocating by writing zeros, 64 KiB at a time: the cheapest way to pages one can store to, and the only one that makes a full disk an error now
// instead of a SIGBUS at a later store. Larger chunks make large folios, whose first store after each msync costs three times as much (DESIGN.md 4).

import { writeSync } from 'node:fs';

const CHUNK = Buffer.alloc(64 * 1024);

export function writeZeros(fd: number, from: number, to: number): void {
  for (let at = from; at < to; ) at += writeSync(fd, CHUNK, 0, Math.min(CHUNK.length, to - at), at);
}
