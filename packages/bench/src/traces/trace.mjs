// A trace: which object is asked for, in order, and how large it is. Objects are numbered from 0.

/** @typedef {{ ids: Uint32Array, bytes: Uint32Array, objects: number, footprint: number }} Trace footprint: bytes of all objects, each at its first size */

/** Numbers the objects in the order in which they come. @returns {Trace} */
export function makeTrace(keys, sizes) {
  const numbers = new Map();
  const ids = new Uint32Array(keys.length);
  let footprint = 0;
  for (let i = 0; i < keys.length; i++) {
    let number = numbers.get(keys[i]);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(keys[i], number);
      footprint += sizes[i];
    }
    ids[i] = number;
  }
  return { ids, bytes: Uint32Array.from(sizes), objects: numbers.size, footprint };
}
