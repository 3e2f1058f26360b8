// In which order a processor lets others see loads and stores.

/** x64 keeps loads in order, and stores. */
export const ORDERED_LOADS = process.arch === 'x64';
export const ORDERED_STORES = ORDERED_LOADS;
const fence = new Int32Array(1);

/**
 * What was read before this is read before what comes after it. Elsewhere than on x64 a store and a load of memory of our own, both sequentially consistent, see to that:
 * on ARMv8 no load passes a load-acquire, which does not pass the store-release before it. (A read-modify-write is less: without LSE it is a loop that later loads pass.)
 */
export function fenceLoads(): void {
  if (ORDERED_LOADS) return;
  Atomics.store(fence, 0, 0);
  Atomics.load(fence, 0);
}
