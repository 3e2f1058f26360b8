// Addresses for a mapping that V8 does not count as the program's memory. It counts every other ArrayBuffer over memory from outside, and having counted 64 MiB more it
// collects the whole heap: at each opening of a large file and at each doubling, some 10 ms in a small program and 100 to 150 in one with a million objects.

/** Smaller mappings are counted: all those of one store together come to less than twice this. */
const LEAST = 16 * 2 ** 20;

/** Not in the library of ES2022. */
const Growable = SharedArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => SharedArrayBuffer;

/**
 * `length` bytes of address space from a page boundary on, to be mapped over: a SharedArrayBuffer that may grow, which V8 takes from the kernel in whole pages and does not count.
 * Undefined where a mapping is small, or there is none to be had. It is given back with the buffer, not before: until then what was mapped over it may be replaced, never unmapped.
 */
export function uncountedAddresses(length: number): SharedArrayBuffer | undefined {
  if (length < LEAST || process.platform !== 'linux') return undefined; // not seen to work elsewhere
  try {
    return new Growable(length, { maxByteLength: length });
  } catch {
    return undefined; // too few addresses are left
  }
}
