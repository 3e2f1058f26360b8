// The operations of the writer that is killed, as a sequence that the parent can repeat.
export function* operations(seed) {
  let state = Number(seed);
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 0; ; i++) {
    const key = `key ${Math.floor(next() * 200)}`;
    const kind = next();
    if (kind < 0.6) yield { sets: [{ key, value: `${i} `.padEnd(Math.floor(next() * 300), 'x') }] };
    else if (kind < 0.8) yield { deletes: key };
    else yield { sets: Array.from({ length: 5 }, (_, j) => ({ key: `key ${(i + j * 17) % 200}`, value: `${i} in a batch` })) };
  }
}
