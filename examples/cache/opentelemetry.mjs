// The counts of a cache as OpenTelemetry metrics. Run: node examples/cache/opentelemetry.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MapstoneCache } from '@mapstone/cache';
import { metrics } from '@opentelemetry/api';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

/** What you copy. Each process tells its own counts (`own`), which the backend adds up; the sizes of the file are the same from all. */
export function observe(cache, attributes = {}) {
  const meter = metrics.getMeter('@mapstone/cache');
  const requests = meter.createObservableCounter('cache.requests', { description: 'Reads, by their result' });
  const loads = meter.createObservableCounter('cache.loads', { description: 'Calls of a load function' });
  const bytes = meter.createObservableGauge('cache.live_bytes', { unit: 'By' });
  const collect = (observer) => {
    const { own, bytes: live } = cache.stats();
    for (const result of ['hits', 'misses', 'stale', 'coalesced']) observer.observe(requests, own[result], { ...attributes, result });
    observer.observe(loads, own.loads, attributes);
    observer.observe(bytes, live, attributes);
  };
  meter.addBatchObservableCallback(collect, [requests, loads, bytes]);
  return () => meter.removeBatchObservableCallback(collect, [requests, loads, bytes]);
}

// In an application the exporter is one for OTLP or Prometheus.
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
const cache = new MapstoneCache({ path: join(directory, 'app.cache'), ttl: '1h' });
const stop = observe(cache, { cache: 'app' });

for (const user of ['ada', 'grace', 'ada', 'ada']) await cache.getOrSet(user, async () => ({ user }));
await reader.forceFlush();
for (const { descriptor, dataPoints } of exporter.getMetrics()[0].scopeMetrics[0].metrics) {
  for (const { value, attributes } of dataPoints) {
    console.log(descriptor.name, JSON.stringify(attributes), descriptor.unit === 'By' ? `over 0: ${value > 0}` : value);
  }
}

stop();
await reader.shutdown();
cache.close();
rmSync(directory, { recursive: true });
