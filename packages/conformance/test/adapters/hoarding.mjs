// Keeps what it has read, and what it writes until there are seven of them.
import * as bare from './bare.mjs';

export function open(path, options) {
  const adapter = bare.open(path, options);
  const read = new Map();
  const late = [];
  return {
    ...adapter,
    get(key) {
      if (!read.has(key)) read.set(key, adapter.get(key));
      return read.get(key);
    },
    set(key, value, ttl) {
      read.set(key, value);
      late.push([key, value, ttl]);
      if (late.length >= 7) for (const entry of late.splice(0)) adapter.set(...entry);
    },
  };
}
