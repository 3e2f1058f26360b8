// The options of both handlers, which share one file where they have the same path.
import { join } from 'node:path';
import { openStore, type StoreOptions } from '@mapstone/engine';

export interface NextCacheOptions extends Omit<StoreOptions, 'readOnly' | 'eviction' | 'exclusive' | 'objectCache'> {
  /** The file. Default `.next/cache/next.mapstone`. Beside it lies `<path>.tags`. */
  path?: string;
  /** Upper bound of the file, bytes. Default 1 GiB. */
  maxSize?: number;
  /** Bytes of entries that each process holds as objects beside the file, which makes its next hits of them cheap. Default 50 MiB; 0 for none. */
  memory?: number;
  /** Told what went wrong: a file that can't be opened, an entry that can't be kept. The request goes on without the cache. Default: `console.warn`, once for each code. */
  onError?: (error: unknown) => void;
}

/** Entries take some room beside their bytes. */
const MOST_IN_MEMORY = 50_000;

/** Options with nothing left open. */
export interface Settings {
  path: string;
  engine: StoreOptions;
  /** Of the entries, what each process keeps as objects. */
  objectCache: StoreOptions['objectCache'];
  onError: (error: unknown) => void;
}

/** Throws `TypeError` or `RangeError`, `ERR_OPTION_INVALID`, for what the engine would refuse: here, where Next loads the handler, and not in a request. */
export function readOptions({ path, onError, memory = 50 * 2 ** 20, maxSize = 2 ** 30, ...engine }: NextCacheOptions): Settings {
  if (!Number.isInteger(memory) || memory < 0)
    throw Object.assign(new RangeError(`memory is a number of bytes, not ${memory}`), { code: 'ERR_OPTION_INVALID' });
  openStore('options', { ...engine, maxSize, mapping: 'memory' }).close(); // no file is made
  return {
    path: path ?? join(process.cwd(), '.next/cache/next.mapstone'),
    engine: { ...engine, maxSize },
    objectCache: memory === 0 ? undefined : { maxBytes: memory, maxEntries: MOST_IN_MEMORY },
    onError: onError ?? warnOnce(),
  };
}

function warnOnce(): (error: unknown) => void {
  const warned = new Set<unknown>();
  return (error) => {
    const { code, message } = error as { code?: string; message?: string };
    if (warned.has(code)) return;
    warned.add(code);
    console.warn(`@mapstone/next: ${code ?? 'error'}: ${message ?? String(error)}`);
  };
}
