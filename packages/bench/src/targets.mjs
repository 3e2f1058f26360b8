// What the project promised itself, one line each. A target is judged only at the size and suite it was set for.
// `at` is the number of keys, `from` the least; `contestant` a prefix, so that both mappings are held to it.

export const TARGETS = [
  { suite: 'throughput', at: 100_000, contestant: 'engine-', phase: 'get', least: 0.9, unit: 'x Map' },
  { suite: 'throughput', at: 100_000, contestant: 'engine-', phase: 'insert', least: 0.8, unit: 'x Map' },
  { suite: 'throughput', at: 1_000_000, contestant: 'engine-', phase: 'get', least: 1.2, unit: 'x Map' },
  { suite: 'throughput', at: 1_000_000, contestant: 'engine-', phase: 'insert', least: 1.2, unit: 'x Map' },
  { suite: 'keyv', at: 100_000, contestant: ['keyv-mmap', 'keyv-koffi'], phase: 'get', least: 2, unit: 'x Keyv on Map' },
  { suite: 'keyv', at: 100_000, contestant: ['keyv-mmap', 'keyv-koffi'], phase: 'insert', least: 2, unit: 'x Keyv on Map' },
  { suite: 'keyv6', at: 100_000, contestant: ['keyv6-mmap', 'keyv6-koffi'], phase: 'get', least: 2, unit: 'x Keyv 6 on Map' },
  { suite: 'keyv6', at: 100_000, contestant: ['keyv6-mmap', 'keyv6-koffi'], phase: 'insert', least: 2, unit: 'x Keyv 6 on Map' },
  { suite: 'latency', from: 100_000, contestant: 'engine-', phase: 'insert', most: 25, unit: 'x median (p99.9)' },
  { suite: 'latency', from: 100_000, contestant: 'engine-', phase: 'overwrite', most: 25, unit: 'x median (p99.9)' },
  { suite: 'open', at: 1_000_000, contestant: ['engine-mmap', 'engine-koffi'], phase: 'clean', most: 20, unit: 'ms' },
];

/** The target for one figure, if there is one. */
export function targetFor({ suite, n, name, phase }) {
  return TARGETS.find((target) => {
    const sized = target.at === undefined ? n >= target.from : n === target.at;
    return target.suite === suite && target.phase === phase && sized && [target.contestant].flat().some((start) => name.startsWith(start));
  });
}

export function judge(target, value) {
  return target.least === undefined ? value <= target.most : value >= target.least;
}
