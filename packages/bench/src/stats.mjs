// Medians and ranges. Few runs on a shared machine: a mean would follow the worst of them.
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {number[]} numbers */
export function spread(numbers) {
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };
}

/** Of operations that took so many ms, in microseconds. */
export function percentiles(steps) {
  const sorted = Float64Array.from(steps).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] * 1000;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}
