// The counts of a cache in Prometheus' text format (version 0.0.4): https://prometheus.io/docs/instrumenting/exposition_formats/

import { COUNTERS, type Counters } from './counters.js';

const HELP: Record<(typeof COUNTERS)[number], string> = {
  hits: 'Reads that found a fresh value.',
  misses: 'Reads that found none.',
  stale: 'Old values that were served while, or because, no new one was there.',
  loads: 'Calls of a load function.',
  coalesced: "Calls that were answered by another call's load.",
  errors: 'Failures that no caller was told of.',
  evictions: 'Entries removed for want of space.',
  expirations: 'Entries removed since their time was over.',
};

export interface Gauges {
  entries: number;
  bytes: number;
  fileSize: number;
}

export interface CacheStats extends Gauges {
  /** Counts of this cache object. */
  own: Counters;
  /** Counts of all caches with this namespace in the file, in all processes; of the others as they told last. */
  all: Counters;
}

const GAUGES: Record<keyof Gauges, [name: string, help: string]> = {
  entries: ['entries', 'Entries in the file, of all its caches.'],
  bytes: ['live_bytes', 'Bytes of the entries in the file, of all its caches.'],
  fileSize: ['file_bytes', 'Size of the file in bytes.'],
};

export function prometheusText(namespace: string, counters: Counters, gauges: Gauges): string {
  const label = `{namespace="${namespace.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"}`;
  const lines: string[] = [];
  const metric = (name: string, type: string, help: string, labels: string, value: number) =>
    lines.push(`# HELP mapstone_cache_${name} ${help}`, `# TYPE mapstone_cache_${name} ${type}`, `mapstone_cache_${name}${labels} ${value}`);
  for (const name of COUNTERS) metric(`${name}_total`, 'counter', HELP[name], label, counters[name]);
  for (const [field, [name, help]] of Object.entries(GAUGES)) metric(name, 'gauge', help, '', gauges[field as keyof Gauges]);
  return `${lines.join('\n')}\n`;
}
