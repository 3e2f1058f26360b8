// Keeps what it has read, and what it writes, to itself.
import * as bare from './bare.mjs';

export function open(path, options) {
  const adapter = bare.open(path, options);
  const kept = new Map();
  return {
    ...adapter,
    get(key) {
      if (!kept.has(key)) kept.set(key, adapter.get(key));
      return kept.get(key);
    },
    set(key, value) {
      kept.set(key, value);
    },
  };
}
