// The death of the process between any two stores of any operation: the next opening finds all that had returned, and of the operation under way all or nothing.

import { expect, test } from 'vitest';
import { random, SimulatedDisk } from '../../../../test/support/simulated-mapping.js';
import { openStoreIn } from '../../src/store/registry.js';
import type { Store } from '../../src/store/store.js';
import { Traps } from './traps.js';

const DEATHS = Number(process.env.MAPSTONE_DEATHS ?? 3000);
const SEED = Number(process.env.MAPSTONE_SEED ?? 1);
const MAX_SIZE = 1 << 18;
const OPTIONS = { segmentSize: 4096, maxSize: MAX_SIZE, flush: 'manual' } as const;
let files = 0;

/** Values with their expiry. */
type Model = Map<string, { value: unknown; expiry: number }>;
const START = 1_000_000;
const NEVER = Number.POSITIVE_INFINITY;
let now = START;

interface Operation {
  name: string;
  run(store: Store): void;
  apply(model: Model): void;
}

function operation(next: () => number): Operation {
  const key = () => `key ${Math.floor(next() * 60)}`;
  const value = () => {
    const kind = next();
    if (kind < 0.75) return `${Math.floor(next() * 1e9)} `.padEnd(Math.floor(next() ** 3 * 1500), 'abcdefgh');
    return kind < 0.9 ? Math.floor(next() * 1000) : 'L'.repeat(4000 + Math.floor(next() * 9000));
  };
  const expiry = () => (next() < 0.6 ? NEVER : now + 1 + Math.floor(next() * 400));
  const kind = next();
  const item = { key: key(), value: value(), expiresAt: expiry() };
  const put = (model: Model, { key, value, expiresAt }: typeof item) => void model.set(key, { value, expiry: expiresAt });
  if (kind < 0.45) return { name: `set ${item.key}`, run: (store) => store.set(item.key, item.value, item), apply: (model) => put(model, item) };
  if (kind < 0.65) return { name: `delete ${item.key}`, run: (store) => void store.delete(item.key), apply: (model) => void model.delete(item.key) };
  if (kind < 0.75) {
    const touched = (model: Model) => {
      const found = model.get(item.key);
      if (found !== undefined && found.expiry > now) model.set(item.key, { value: found.value, expiry: item.expiresAt });
    };
    return { name: `touch ${item.key}`, run: (store) => void store.touch(item.key, item), apply: touched };
  }
  if (kind < 0.9) {
    const items = Array.from({ length: 1 + Math.floor(next() * 8) }, () => ({ key: key(), value: value(), expiresAt: expiry(), gone: next() < 0.3 }));
    return {
      name: `batch of ${items.map((one) => one.key).join(', ')}`,
      run: (store) =>
        store.batch((batch) => {
          for (const one of items) one.gone ? batch.delete(one.key) : batch.set(one.key, one.value, one);
        }),
      apply(model) {
        for (const one of items) one.gone ? model.delete(one.key) : put(model, one);
      },
    };
  }
  if (kind < 0.92) return { name: 'clear', run: (store) => void store.clear(), apply: (model) => model.clear() };
  if (kind < 0.96) return { name: 'compact', run: (store) => store.compact(), apply: () => undefined };
  return { name: 'flush', run: (store) => store.flushSync(), apply: () => undefined };
}

function open(disk: SimulatedDisk, traps?: Traps): Store {
  const environment = { now: () => now, random: (count: number) => new Uint8Array(count).fill(5) };
  return openStoreIn(`/simulated/every-store/${files++}`, OPTIONS, environment, traps?.mapping ?? disk);
}

function difference(store: Store, model: Model): string | undefined {
  const found = new Map([...store.records()].map((record) => [record.key, record]));
  for (const [key, { value, expiry }] of model) {
    const record = found.get(key);
    if (expiry <= now ? record !== undefined : record?.value !== value || record?.expiresAt !== expiry) return `'${key}' differs`;
  }
  for (const key of found.keys()) if (!model.has(key)) return `'${key}' is too much`;
  return undefined;
}

test(`${DEATHS} deaths between two stores lose nothing that returned (seeds from ${SEED})`, { timeout: 120_000 }, () => {
  let deaths = 0;
  for (let seed = SEED; deaths < DEATHS; seed++) {
    const next = random(seed);
    const disk = new SimulatedDisk(MAX_SIZE + 65536, next);
    const traps = new Traps(disk);
    const store = open(disk, traps);
    traps.watchControl(store);
    const model: Model = new Map();
    now = START;
    for (let i = 0; i < 60; i++) {
      const step = operation(next);
      const before = new Map(model);
      traps.picture = undefined;
      // Most operations are 20 to 60 stores long, with cleaning up to 200, a few thousands.
      traps.left = 1 + Math.floor(next() * [25, 60, 200, 2000][Math.floor(next() * 4)]);
      now += Math.floor(next() * 10);
      step.run(store);
      step.apply(model);
      traps.left = Number.POSITIVE_INFINITY;
      if (traps.picture === undefined) continue;
      deaths++;
      const what = `seed ${seed}, operation ${i}: ${step.name}`;
      const survivor = open(new SimulatedDisk(MAX_SIZE + 65536, next, traps.picture, disk.identity));
      expect(survivor.stats().recovery, what).toBe('process-death');
      expect(survivor.check(), what).toEqual([]);
      const old = difference(survivor, before);
      if (old !== undefined) expect(difference(survivor, model), `${what}: neither before (${old}) nor after`).toBeUndefined();
      // It goes on, and the table's lists are right: else this would meet a segment twice.
      for (let more = 0; more < 12; more++) survivor.set(`after ${more}`, 'x'.repeat(900));
      survivor.flushSync();
      expect(survivor.check(), `${what}, then written to`).toEqual([]);
      survivor.close();
    }
    expect(store.check(), `seed ${seed}`).toEqual([]);
    store.close();
  }
});
