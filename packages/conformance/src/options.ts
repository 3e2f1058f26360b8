// What the suite asks of whoever runs it: a test function, and a way to open the adapter. Read once, checked, with defaults.
import type { StoreOptions } from '@mapstone/engine';
import { type Labelled, values } from './material/values.js';

type MaybePromise<T> = T | Promise<T>;

/** The adapter as the suite sees it. Where its own methods have other names, these call them. Each may be synchronous or not. */
export interface Adapter {
  /** The value, or `missing`. */
  get(key: string): unknown;
  /** `ttl` in milliseconds; the suite gives whole seconds. */
  set(key: string, value: any, ttl?: number): unknown;
  /** If it gives a boolean, that is whether the entry was there. */
  delete(key: string): unknown;
  has?(key: string): MaybePromise<boolean>;
  /** Keys as `get` takes them. */
  keys?(): MaybePromise<Iterable<string> | AsyncIterable<string>>;
  /** Removes every entry of this adapter. */
  clear?(): unknown;
  close(): unknown;
}

/** What an adapter may do without. */
export type Optional = 'has' | 'keys' | 'clear' | 'ttl' | 'copies';
const OPTIONAL: readonly Optional[] = ['has', 'keys', 'clear', 'ttl', 'copies'];

/** `test` of vitest, node:test or tape: anything that takes a name and a function that may return a promise. */
export type TestRunner = (name: string, run: (...context: any[]) => Promise<void>) => unknown;

export interface ConformanceOptions {
  test: TestRunner;
  /** Opens the adapter over the file at `path`, with the engine's options handed on. Called again for a second handle, and after a close. */
  open(path: string, options: StoreOptions): MaybePromise<Adapter>;
  /** An ES module, by URL or absolute path, that exports the same `open`, for a second process. Without it the suite `processes` is left out. */
  module?: string | URL;
  /** What a miss reads as. Default `undefined`. */
  missing?: unknown;
  /** What the contract does not have: methods, a ttl, or that what it gives is the reader's own. Their tests are skipped by name. */
  without?: readonly Optional[];
  /** What must come back as it went in: all that the engine keeps, what JSON keeps, strings, bytes, or a list of your own. Default `any`. */
  values?: keyof typeof values | readonly Labelled[];
  /** How a value that is not among `values` may read back, where the contract changes it. It may throw: then it must be refused. Default: as it is. */
  readsAs?: (value: unknown) => unknown;
  /** What calls do after `close()`: throw, with a code; or read as `missing`, where the host swallows errors. Default `throws`. */
  closed?: 'throws' | 'misses';
  /** Bytes of the large value. 0 leaves it out. Default 104,857,600. */
  largeValue?: number;
}

/** Options with nothing left open. */
export interface Settings extends Required<Omit<ConformanceOptions, 'values' | 'without' | 'module'>> {
  module: string | URL | undefined;
  values: readonly Labelled[];
  without: ReadonlySet<Optional>;
}

/** Throws `TypeError` where an option is not what it should be. */
export function readOptions(options: ConformanceOptions): Settings {
  const {
    test,
    open,
    module,
    missing,
    without = [],
    values: kept = 'any',
    readsAs = (value) => value,
    closed = 'throws',
    largeValue = 100 * 2 ** 20,
  } = options;
  if (typeof test !== 'function') throw new TypeError('conformance({ test }): test is a function, as vitest, node:test or tape export it');
  if (typeof open !== 'function') throw new TypeError('conformance({ open }): open is a function (path, options) that gives the adapter');
  for (const name of without) {
    if (!OPTIONAL.includes(name)) throw new TypeError(`conformance({ without }): only ${OPTIONAL.join(', ')} can be left out, not ${String(name)}`);
  }
  const list = typeof kept === 'string' ? values[kept] : kept;
  if (!Array.isArray(list)) throw new TypeError(`conformance({ values }): one of ${Object.keys(values).join(', ')}, or a list of [label, value]`);
  if (list.length < 2) throw new TypeError('conformance({ values }): at least two values, which differ');
  if (closed !== 'throws' && closed !== 'misses') throw new TypeError(`conformance({ closed }): 'throws' or 'misses', not ${String(closed)}`);
  if (!Number.isInteger(largeValue) || largeValue < 0 || largeValue % 8 !== 0) {
    throw new TypeError(`conformance({ largeValue }): a multiple of 8, or 0 for none, not ${String(largeValue)}`);
  }
  return { test, open, module, missing, without: new Set(without), values: list, readsAs, closed, largeValue };
}
