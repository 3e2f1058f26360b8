// Waiting for another opener, with this thread asleep: an operation of a store returns when it is done.

/** Milliseconds: the first nap, and the longest. */
const SHORTEST_NAP = 0.05;
const LONGEST_NAP = 2;
// `Atomics.wait` throws on the mapping itself.
const napping = new Int32Array(new SharedArrayBuffer(4));

/** Lets this thread sleep for `ms`. */
export function nap(ms: number): void {
  Atomics.wait(napping, 0, 0, ms);
}

/** Runs `attempt` until it succeeds, with growing naps, or `timeout` ms have gone by; whether it did. */
export function patiently(timeout: number, attempt: () => boolean): boolean {
  const end = performance.now() + timeout;
  for (let ms = SHORTEST_NAP; !attempt(); ms = Math.min(ms * 2, LONGEST_NAP)) {
    if (performance.now() >= end) return false;
    nap(ms);
  }
  return true;
}
