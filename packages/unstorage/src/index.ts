// The driver for unstorage, and so for Nitro and Nuxt: `createStorage({ driver: mapstone({ path }) })`.
// Values go to the engine as unstorage hands them over: strings from `setItem`, anything the engine keeps from `setItemRaw`.
// There is no `watch`: without one unstorage tells its watchers itself what is written through it, and polling for others' writes would read every key.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { openStore, type SetOptions, type Store, StoreError, type StoreOptions } from '@mapstone/engine';
import { type Driver, defineDriver, type StorageMeta } from 'unstorage';
import { ParsedTexts } from './parsed.js';

export interface MapstoneDriverOptions extends StoreOptions {
  /** The file. Its directory is made if it is missing. Drivers on one path share one engine. */
  path: string;
  /** Put before every key, with a ':' between: drivers with different bases on one file don't see each other's keys. Default: none. */
  base?: string;
  /** Seconds that an item lives unless `setItem` says otherwise, over 0. Default 0: for ever. */
  ttl?: number;
}

/** What `setItem` stored stays in this process's memory as well, up to so many bytes and entries, and parsed (parsed.ts). Raw values are not kept: whoever reads one may change it. */
const STRINGS = { maxBytes: 16 * 2 ** 20, maxEntries: 20_000, types: 'strings' } as const;

/** What unstorage passes on from its callers. `ttl` in seconds. */
type Options = { ttl?: number } | undefined;

/**
 * Checks the options at once, and opens the file when it is first used: Nitro makes its drivers for a build as well, while another server may be running.
 * The first use throws what `openStore` throws.
 */
const mapstone: (options: MapstoneDriverOptions) => Driver<MapstoneDriverOptions, Store> = defineDriver((options: MapstoneDriverOptions) => {
  const { path, scope, ttl, storeOptions } = readOptions(options);
  const lives = (given: Options) => lifetime(given?.ttl ?? ttl);

  let opened: Store | undefined;
  let disposed = false;
  const store = () => {
    if (opened === undefined) {
      // Nobody would close it again.
      if (disposed) throw new StoreError('ERR_STORE_CLOSED', `${path}: the driver is disposed; make another to use the file again`, { path });
      mkdirSync(dirname(path), { recursive: true });
      opened = openStore(path, { objectCache: STRINGS, ...storeOptions });
    }
    return opened;
  };
  /** unstorage's word for a miss is null. */
  const read = (key: string): any => store().get(scope + key) ?? null;
  const parsed = 'objectCache' in storeOptions ? undefined : new ParsedTexts();
  /** For `getItem`, which parses text and takes anything else as it is. */
  const readItem = (key: string): any => {
    const value = store().get(scope + key);
    return typeof value === 'string' && parsed !== undefined ? parsed.get(value) : (value ?? null);
  };

  return {
    name: 'mapstone',
    flags: { ttl: true },
    options,
    getInstance: store,
    hasItem: (key) => store().has(scope + key),
    getItem: readItem,
    getItems: (items) => items.map(({ key }) => ({ key, value: readItem(key) })),
    getItemRaw: read,
    setItem: (key, value, given) => store().set(scope + key, value, lives(given)),
    setItems: (items, common) => store().setMany(items.map(({ key, value, options: own }) => ({ key: scope + key, value, ...lives({ ...common, ...own }) }))),
    setItemRaw: (key, value, given) => store().set(scope + key, value, lives(given)),
    removeItem: (key) => void store().delete(scope + key),
    getMeta: (key) => meta(store().expiresAt(scope + key)),
    getKeys: (of) => Array.from(store().keys({ prefix: scope + (of ?? '') }), (key) => key.slice(scope.length)),
    clear: (of) => void store().clear({ prefix: scope + (of ?? '') }),
    dispose: () => {
      disposed = true;
      parsed?.clear();
      opened?.close();
    },
  };
});

export default mapstone;

function readOptions(options: MapstoneDriverOptions) {
  // Nitro hands the whole entry of its configuration over, the driver's name with it.
  const { path, base = '', ttl, driver: _driver, ...storeOptions } = (options ?? {}) as MapstoneDriverOptions & { driver?: string };
  if (typeof path !== 'string' || path === '') throw new TypeError(`[unstorage] [mapstone] path is the file to keep the data in, not ${String(path)}`);
  if (typeof base !== 'string') throw new TypeError(`[unstorage] [mapstone] base is a string, not ${String(base)}`);
  lifetime(ttl);
  // As unstorage writes its keys.
  const name = base.replaceAll(/[:/\\]+/g, ':').replaceAll(/^:|:$/g, '');
  return { path, scope: name === '' ? '' : `${name}:`, ttl, storeOptions: storeOptions as StoreOptions };
}

function lifetime(seconds: number | undefined): SetOptions | undefined {
  if (seconds === undefined || seconds === 0) return undefined;
  if (typeof seconds !== 'number' || !(seconds > 0)) {
    throw Object.assign(new RangeError(`[unstorage] [mapstone] ttl is a number of seconds over 0, or 0 for ever, not ${String(seconds)}`), {
      code: 'ERR_OPTION_INVALID',
    });
  }
  return { ttl: seconds * 1000 };
}

/** Of an item that is there: the seconds it has left, where it has a ttl. */
function meta(expiresAt: number | undefined): StorageMeta | null {
  if (expiresAt === undefined) return null;
  return expiresAt === Number.POSITIVE_INFINITY ? {} : { ttl: (expiresAt - Date.now()) / 1000 };
}
