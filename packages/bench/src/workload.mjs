// The keys and values of every phase, made from a seed before the clock starts.
// Every string is flat, one byte a character and brand new: no hash is cached in it and no object is shared with
// what a store was given earlier. A Map that is asked for the very string it holds answers from the pointer alone.

export const KEY_LENGTH = 16;
export const VALUE_LENGTH = 100;
const STAMP_LENGTH = 16;
const SAMPLE_AT = 50;
const NOISE_LENGTH = 1 << 16;
const HEX = Buffer.from('0123456789abcdef', 'latin1');

/** Murmur3's finaliser: a bijection of 32 bits, so distinct numbers stay distinct. */
function mix(x) {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** mulberry32: small, seeded, good enough to shuffle. */
export function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

function writeHex(target, offset, word) {
  for (let i = 0; i < 8; i++) target[offset + i] = HEX[(word >>> (28 - i * 4)) & 15];
}

/** @param {number} seed */
export function createWorkload(seed) {
  const keyBytes = Buffer.alloc(KEY_LENGTH);
  const valueBytes = Buffer.alloc(VALUE_LENGTH);
  const noise = Buffer.alloc(NOISE_LENGTH);
  const random = createRandom(seed);
  for (let i = 0; i < NOISE_LENGTH; i++) noise[i] = 33 + (random() % 94);

  function key(i) {
    writeHex(keyBytes, 0, mix(i ^ seed));
    writeHex(keyBytes, 8, mix(i + 0x9e3779b9));
    return keyBytes.latin1Slice(0, KEY_LENGTH);
  }

  const noiseAt = (i, version) => mix(i + Math.imul(version, 0x01000193)) % (NOISE_LENGTH - VALUE_LENGTH);

  function value(i, version) {
    // The stamp makes every value different, whatever the noise.
    writeHex(valueBytes, 0, i);
    writeHex(valueBytes, 8, version);
    const from = noiseAt(i, version);
    noise.copy(valueBytes, STAMP_LENGTH, from, from + VALUE_LENGTH - STAMP_LENGTH);
    return valueBytes.latin1Slice(0, VALUE_LENGTH);
  }

  return {
    keys: (indices) => Array.from(indices, key),
    values: (indices, version) => Array.from(indices, (i) => value(i, version)),
    /** What `consume` must have summed up to over these entries. */
    expected(indices, version) {
      let sum = 0;
      for (const i of indices) sum += VALUE_LENGTH + noise[noiseAt(i, version) + SAMPLE_AT - STAMP_LENGTH];
      return sum;
    },
    /** 0..n-1 in order. */
    range(from, to) {
      return Uint32Array.from({ length: to - from }, (_, i) => from + i);
    },
    /** 0..n-1 shuffled; another salt, another order. */
    shuffled(n, salt) {
      const next = createRandom(mix(seed + salt));
      const order = this.range(0, n);
      for (let i = n - 1; i > 0; i--) {
        const j = next() % (i + 1);
        const kept = order[i];
        order[i] = order[j];
        order[j] = kept;
      }
      return order;
    },
  };
}

/** Every value read is used: its length and one character (which also flattens a lazy string). */
export function consume(value) {
  return value.length + value.charCodeAt(SAMPLE_AT);
}
