// The operations of a writer that is killed: a sequence that whoever knows the seed can repeat. A writer that is not alone has keys of its own, and never clears.

/** @typedef {{ kind: 'set' | 'batch', items: { key: string, value: string }[] } | { kind: 'delete', keys: string[] } | { kind: 'clear' | 'flush' | 'compact' }} Operation */

/** @returns {Generator<Operation>} */
export function* operations(seed, prefix = '') {
  let state = Number(seed);
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const key = () => `${prefix}key ${Math.floor(next() * 200)}`;
  for (let i = 0; ; i++) {
    const kind = next();
    if (kind < 0.58) yield { kind: 'set', items: [{ key: key(), value: `${seed} ${i} `.padEnd(Math.floor(next() * 300), 'x') }] };
    else if (kind < 0.6) yield { kind: 'set', items: [{ key: key(), value: `${seed} ${i} `.padEnd(4000 + Math.floor(next() * 9000), 'large ') }] };
    else if (kind < 0.78) yield { kind: 'delete', keys: [key()] };
    else if (kind < 0.97)
      yield { kind: 'batch', items: Array.from({ length: 1 + Math.floor(next() * 12) }, (_, j) => ({ key: key(), value: `${seed} ${i} ${j} in a batch` })) };
    else if (kind < 0.98) yield { kind: 'delete', keys: Array.from({ length: 8 }, key) };
    else if (kind < 0.997) yield { kind: 'flush' };
    else if (kind < 0.999) yield { kind: 'compact' };
    else yield { kind: prefix === '' ? 'clear' : 'flush' };
  }
}

/** Lets a store, or a Map of the same methods, do one. */
export function perform(store, operation) {
  if (operation.kind === 'set') store.set(operation.items[0].key, operation.items[0].value);
  else if (operation.kind === 'batch') store.setMany(operation.items);
  else if (operation.kind === 'delete') store.deleteMany(operation.keys);
  else if (operation.kind === 'clear') store.clear();
  else if (operation.kind === 'flush') store.flushSync();
  else store.compact();
}
