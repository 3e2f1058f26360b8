// The baseline: a plain Map, called through the same closures as everybody else.
export function open() {
  const map = new Map();
  return {
    get: (key) => map.get(key),
    set: (key, value) => map.set(key, value),
    delete: (key) => map.delete(key),
  };
}
