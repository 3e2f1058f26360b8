// The store's callbacks as promises.
import { promisify } from 'node:util';
import type { MapstoneStore } from '../../src/index.js';

export type Data = Record<string, any>;

export interface Promised {
  store: MapstoneStore;
  get(sid: string): Promise<Data | null>;
  set(sid: string, data: Data): Promise<void>;
  touch(sid: string, data: Data): Promise<void>;
  destroy(sid: string): Promise<void>;
  all(): Promise<Record<string, Data>>;
  length(): Promise<number>;
  clear(): Promise<void>;
}

export function promised(store: MapstoneStore): Promised {
  const of = (name: 'get' | 'set' | 'touch' | 'destroy' | 'all' | 'length' | 'clear') =>
    promisify((store[name] as (...args: any[]) => void).bind(store)) as any;
  return { store, get: of('get'), set: of('set'), touch: of('touch'), destroy: of('destroy'), all: of('all'), length: of('length'), clear: of('clear') };
}
