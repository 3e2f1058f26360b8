// Room in a full file: the oldest of a few entries go, from wherever the last search ended, until the new one fits. Bounded: a request pays for a few dozen, never for a scan.
import type { Store } from '@mapstone/engine';

/** Entries looked at in a round, of which the older half goes. */
const SAMPLE = 16;
const ROUNDS = 8;

/** Entries say when they were made under this name. */
interface Dated {
  madeAt?: number;
}

/** Where the search of each store goes on. */
const hands = new WeakMap<Store, Iterator<string>>();

/** Runs `write` until it does not meet a full file. Throws `ERR_STORE_FULL` if there was no room even so. */
export function makeRoom(store: Store, write: () => void): void {
  for (let round = 0; ; round++) {
    try {
      return write();
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_STORE_FULL' || round === ROUNDS) throw error;
      dropOldest(store);
    }
  }
}

function dropOldest(store: Store): void {
  const seen: { key: string; madeAt: number }[] = [];
  for (let i = 0; i < SAMPLE; i++) {
    const key = nextKey(store);
    if (key === undefined) break;
    // By `getMany`, which leaves alone what this process keeps in its heap.
    const [value] = store.getMany([key]) as [Dated | undefined];
    if (value !== undefined) seen.push({ key, madeAt: value.madeAt ?? 0 });
  }
  seen.sort((a, b) => a.madeAt - b.madeAt);
  store.deleteMany(seen.slice(0, Math.ceil(seen.length / 2)).map(({ key }) => key));
}

function nextKey(store: Store): string | undefined {
  const next = hands.get(store)?.next();
  if (next !== undefined && !next.done) return next.value;
  const again = store.keys();
  hands.set(store, again);
  const first = again.next();
  return first.done ? undefined : first.value;
}
