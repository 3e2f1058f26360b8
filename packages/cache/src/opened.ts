// Caches of one thread on one file share its opening, and so its word of what was evicted: it goes on to each of them.

import { openStore, type Store, type StoreOptions } from '@mapstone/engine';

export type OnRemoved = (name: string, reason: 'evict' | 'expire') => void;

/** Who wants to hear, by opener. */
const listeners = new Map<string, Set<OnRemoved>>();

/** Opens the file; `closed` is to be called before it is closed. An opening that another package made first says nothing. */
export function openFile(path: string, options: StoreOptions, onRemoved: OnRemoved): { store: Store; closed: () => void } {
  let opener = '';
  const onEvict: OnRemoved = (name, reason) => {
    for (const listener of listeners.get(opener) ?? []) listener(name, reason);
  };
  const store = openStore(path, { ...options, onEvict });
  opener = store.opener as string;
  const all = listeners.get(opener) ?? new Set();
  listeners.set(opener, all.add(onRemoved));
  return {
    store,
    closed: () => {
      all.delete(onRemoved);
      if (all.size === 0) listeners.delete(opener);
    },
  };
}
