// In which order a processor lets others see loads and stores.

/** x64 keeps loads in order, and stores. */
export const ORDERED_LOADS = process.arch === 'x64';
export const ORDERED_STORES = ORDERED_LOADS;
const fence = new Int32Array(1);

/** What was read before this is read before what comes after it. Elsewhere than on x64 a read-modify-write, of memory of our own, sees to that. */
export function fenceLoads(): void {
  if (!ORDERED_LOADS) Atomics.add(fence, 0, 0);
}
