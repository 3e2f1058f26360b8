// Entries that expire, at a steady state: `n` of them alive, as many written as expire, each with one of three TTLs. Then nobody writes or reads any more, and what
// was written expires: how long until its space is back, and what that costs the process. A real clock: a cache sweeps by timers.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { createRandom, createWorkload } from '../workload.mjs';

/** TTLs as shares of the mean one. */
const TTLS = [0.5, 1, 1.5];
const BATCH = 256;
const MOST_AT_ONCE = 20 * BATCH;
const SAMPLE_MS = 500;
const IDLE_MS = 5000;
/** Of the space, what may be left when it counts as back. */
const REST = 0.02;
/** Clock ticks a second, as Linux counts a process's time. */
const TICKS = 100;
const FILL_BATCH = 50_000;
const READ_SAMPLE = 50_000;

/** CPU time of this process and of the cache's server, ms. */
function cpuMs(serverPid) {
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1000;
  if (serverPid === undefined) return own;
  const fields = readFileSync(`/proc/${serverPid}/stat`, 'utf8').split(') ')[1].split(' ');
  return own + ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

/** What was written, and when it expires: so, how much lives. */
class Living {
  #began = performance.now();
  /** Entries that expire in each tenth of a second. */
  #expiring = [];
  last = 0;

  add(ttl) {
    const at = performance.now() + ttl;
    const slot = Math.floor((at - this.#began) / 100);
    this.#expiring[slot] = (this.#expiring[slot] ?? 0) + 1;
    if (at > this.last) this.last = at;
  }

  count() {
    const now = Math.ceil((performance.now() - this.#began) / 100);
    let sum = 0;
    for (let slot = now; slot < this.#expiring.length; slot++) sum += this.#expiring[slot] ?? 0;
    return sum;
  }
}

/** Writes and reads entries of a workload, awaited in batches where the cache is asynchronous. */
function driver(cache, async, work) {
  const living = new Living();
  let written = 0;
  return {
    living,
    /** The newest of the entries, for reads. */
    newest: (count) => work.keys(work.range(Math.max(0, written - count), written)),
    some: (count, n, next) => work.keys(Uint32Array.from({ length: count }, () => Math.max(0, written - 1 - (next() % n)))),
    /** @returns {Promise<number>} ms */
    async write(count, ttlOf) {
      const indices = work.range(written, written + count);
      const keys = work.keys(indices);
      const values = work.values(indices, 0);
      const ttls = Float64Array.from(keys, ttlOf);
      written += count;
      const start = performance.now();
      if (async) {
        for (let from = 0; from < count; from += BATCH) {
          await Promise.all(keys.slice(from, from + BATCH).map((key, i) => cache.set(key, values[from + i], ttls[from + i])));
        }
      } else for (let i = 0; i < count; i++) cache.set(keys[i], values[i], ttls[i]);
      const ms = performance.now() - start;
      for (const ttl of ttls) living.add(ttl);
      return ms;
    },
    /** @returns {Promise<number>} how many were there */
    async read(keys) {
      let found = 0;
      if (async) {
        for (let from = 0; from < keys.length; from += BATCH) {
          const values = await Promise.all(keys.slice(from, from + BATCH).map((key) => cache.get(key)));
          for (const value of values) if (value !== undefined) found++;
        }
      } else for (const key of keys) if (cache.get(key) !== undefined) found++;
      return found;
    },
  };
}

/** As many are written as expire, for a time; between them, if so wanted, reads. */
async function holdSteady({ write, read, some }, sample, { n, meanTtl, steadyMs, reads }, ttlOf, next) {
  const wanted = n / meanTtl;
  const start = performance.now();
  let written = 0;
  let asked = 0;
  let nextSample = start;
  for (let now = start; now < start + steadyMs; now = performance.now()) {
    const due = Math.floor((now - start) * wanted) - written;
    if (due >= BATCH) {
      const count = Math.min(due, MOST_AT_ONCE);
      await write(count, ttlOf);
      written += count;
    }
    if (reads) {
      await read(some(BATCH, n, next));
      asked += BATCH;
    }
    if (now >= nextSample) {
      await sample('steady');
      nextSample = now + SAMPLE_MS;
    }
    await wait(1);
  }
  return { wanted, rate: written / steadyMs, reads: asked / steadyMs };
}

/** Nobody writes or reads: until the space is back, or patience ends. */
async function drain(cache, living, sample, full, patienceMs) {
  const size = ({ log, entries }) => log ?? entries;
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const cpuBefore = cpuMs(cache.serverPid);
  const start = performance.now();
  let backMs;
  while (backMs === undefined && performance.now() < living.last + patienceMs) {
    await wait(SAMPLE_MS);
    const last = await sample('drain');
    if (performance.now() >= living.last && size(last) <= REST * size(full)) backMs = performance.now() - living.last;
  }
  const ms = performance.now() - start;
  const longestMs = delay.max / 1e6;
  const cpuAfter = cpuMs(cache.serverPid);
  // What looking costs, when nothing is left to do.
  const idleStart = performance.now();
  while (performance.now() < idleStart + IDLE_MS) {
    await wait(SAMPLE_MS);
    await sample('idle');
  }
  const looking = (cpuMs(cache.serverPid) - cpuAfter) / (performance.now() - idleStart);
  delay.disable();
  return { backMs, ms, cpuMs: Math.max(0, cpuAfter - cpuBefore - looking * ms), looking, longestMs };
}

export async function runExpiry({ open, async }, job) {
  const { n, meanTtl, seed, dir, capacity, sweepMs } = job;
  globalThis.gc();
  const rssBefore = process.memoryUsage().rss;
  const cache = await open({ dir, capacity, sweepMs });
  const drive = driver(cache, async, createWorkload(seed));
  const next = createRandom(seed);
  const ttlOf = () => meanTtl * TTLS[next() % TTLS.length];
  // What lives at the steady state has any part of its TTL left; one of a long TTL is met more often.
  const agedTtlOf = () => {
    for (;;) {
      const ttl = ttlOf();
      if (next() / 2 ** 32 < ttl / (meanTtl * Math.max(...TTLS))) return Math.max(1, (ttl * next()) / 2 ** 32);
    }
  };
  const began = performance.now();
  const samples = [];
  const sample = async (phase) => {
    const held = { phase, ms: Math.round(performance.now() - began), living: drive.living.count(), ...(await cache.held()) };
    samples.push(held);
    return held;
  };

  let fillMs = 0;
  for (let done = 0; done < n; done += FILL_BATCH) fillMs += await drive.write(Math.min(FILL_BATCH, n - done), agedTtlOf);
  const keys = drive.newest(READ_SAMPLE);
  const readStart = performance.now();
  await drive.read(keys);
  const readMs = performance.now() - readStart;
  const rate = await holdSteady(drive, sample, job, ttlOf, next);
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  const full = await sample('full');
  const drained = await drain(cache, drive.living, sample, full, job.patienceMs);
  await cache.close?.();
  return {
    setMicros: (fillMs / n) * 1000,
    getMicros: (readMs / keys.length) * 1000,
    rss: rss - rssBefore,
    heapUsed,
    rate,
    full,
    left: samples.at(-1),
    drain: drained,
    samples,
  };
}
