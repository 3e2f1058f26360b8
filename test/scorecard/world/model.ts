// What a store must hold: a Map beside it.

import type { Store } from '../../../packages/engine/src/store/store.js';
import { type Item, type Operation, valueFrom } from './story.js';

export interface Entry {
  value: unknown;
  /** Milliseconds since 1970, Infinity for none. */
  expiry: number;
}

export type Model = Map<string, Entry>;

export const keyFrom = (key: number): string => `key ${key}`;

export function expiryOf(ttl: number, now: number): number {
  return ttl === 0 ? Number.POSITIVE_INFINITY : now + ttl;
}

/** What an update makes of an entry: it depends on whether that was there. `undefined`: nothing is to be there. */
export function updated(item: Item, found: Entry | undefined, now: number): Entry | undefined {
  if (item.value % 7 === 0) return undefined;
  const value = valueFrom(found === undefined ? item.value : item.value ^ 1);
  return { value, expiry: item.ttl > 0 ? now + item.ttl : (found?.expiry ?? Number.POSITIVE_INFINITY) };
}

/** Makes `model` what it is once an operation has taken effect. */
export function apply(model: Model, operation: Operation, now: number): void {
  const put = ({ key, value, ttl }: Item) => model.set(keyFrom(key), { value: valueFrom(value), expiry: expiryOf(ttl, now) });
  switch (operation.do) {
    case 'set':
      put(operation.item);
      return;
    case 'update': {
      const key = keyFrom(operation.item.key);
      const found = model.get(key);
      const made = updated(operation.item, found !== undefined && found.expiry > now ? found : undefined, now);
      if (made === undefined) model.delete(key);
      else model.set(key, made);
      return;
    }
    case 'delete':
      model.delete(keyFrom(operation.key));
      return;
    case 'touch': {
      const found = model.get(keyFrom(operation.key));
      if (found !== undefined && found.expiry > now) model.set(keyFrom(operation.key), { value: found.value, expiry: expiryOf(operation.ttl, now) });
      return;
    }
    case 'batch':
      for (const one of operation.items) one.gone ? model.delete(keyFrom(one.key)) : put(one);
      return;
    case 'deleteMany':
      for (const key of operation.keys) model.delete(keyFrom(key));
      return;
    case 'clear prefix':
      for (const key of model.keys()) if (key.startsWith(keyFrom(operation.key))) model.delete(key);
      return;
    case 'clear':
      model.clear();
  }
}

export function sameValue(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

/** How `store` differs from what is alive in `model` at `now`; undefined if it doesn't. */
export function difference(store: Store, model: Model, now: number): string | undefined {
  let found = 0;
  const seen = new Set<string>();
  for (const { key, value, expiresAt } of store.records()) {
    const entry = model.get(key);
    if (seen.has(key)) return `'${key}' comes twice`;
    seen.add(key);
    found++;
    if (entry === undefined) return `'${key}' is there, and must not be`;
    if (entry.expiry <= now) return `'${key}' is served past its expiry`;
    if (!sameValue(value, entry.value)) return `'${key}' is ${cut(value)}, and must be ${cut(entry.value)}`;
    if (expiresAt !== entry.expiry) return `'${key}' expires at ${expiresAt}, and must at ${entry.expiry}`;
  }
  let alive = 0;
  for (const { expiry } of model.values()) if (expiry > now) alive++;
  if (found === alive) return undefined;
  for (const [key, { expiry }] of model) if (expiry > now && !seen.has(key)) return `'${key}' is missing`;
  return undefined;
}

function cut(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 40)}... of ${text.length}` : text;
}
