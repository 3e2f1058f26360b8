// How long a file must be at least to hold what its last completed flush relied on, read without mapping it.

import { readSlot } from '../file/segments.js';
import { corrupt, type Superblock } from '../file/superblock.js';
import * as L from '../layout.js';
import type { MappedFile } from '../mapping/mapping.js';

const { Entry, SegmentKind } = L;

/** End of the last durable byte; throws `ERR_STORE_CORRUPT` if the table is not the one of that flush. */
export function durableEnd(file: MappedFile, superblock: Superblock): number {
  const { segmentShift, capacity, flush } = superblock;
  const segmentBytes = 2 ** segmentShift;
  const group = 2 ** (segmentShift - L.ENTRY_SHIFT);
  const entryBytes = L.ENTRY_WORDS * 4;
  let end = L.HEAD_BYTES;
  let sum = 0;
  for (let table = 0; table < capacity; table += group) {
    const count = Math.min(group, capacity - table);
    const words = new Int32Array(count * L.ENTRY_WORDS);
    Buffer.from(words.buffer).set(file.read(L.HEAD_BYTES + table * segmentBytes, count * entryBytes));
    const doubles = new Float64Array(words.buffer);
    for (let i = 1; i < count; i++) {
      const at = i * L.ENTRY_WORDS;
      const zero = readSlot(words, doubles, at, Entry.SLOT_0, table + i, flush);
      const one = readSlot(words, doubles, at, Entry.SLOT_1, table + i, flush);
      const state = one.flush > zero.flush ? one : zero;
      sum = (sum + state.checksum) | 0;
      if (state.kind === SegmentKind.LOG || state.kind === SegmentKind.CHAIN) end = Math.max(end, L.HEAD_BYTES + (table + i) * segmentBytes + state.length);
    }
  }
  if (sum !== superblock.tableSum) throw corrupt(file.path, 'its segment table is not the one of the last completed flush');
  return end;
}
