// The options of both handlers, which share one file where they have the same path.
import { join } from 'node:path';
import { openStore, type StoreOptions } from '@mapstone/engine';

export interface NextCacheOptions extends Omit<StoreOptions, 'readOnly' | 'eviction'> {
  /** The file. Default `.next/cache/next.mapstone`. Beside it lies `<path>.tags`. */
  path?: string;
  /** Upper bound of the file, bytes. Default 1 GiB. */
  maxSize?: number;
  /** Told what went wrong: a file that can't be opened, an entry that can't be kept. The request goes on without the cache. Default: `console.warn`, once for each code. */
  onError?: (error: unknown) => void;
}

/** Options with nothing left open. */
export interface Settings {
  path: string;
  engine: StoreOptions;
  onError: (error: unknown) => void;
}

/** Throws `TypeError` or `RangeError`, `ERR_OPTION_INVALID`, for what the engine would refuse: here, where Next loads the handler, and not in a request. */
export function readOptions({ path, onError, maxSize = 2 ** 30, ...engine }: NextCacheOptions): Settings {
  openStore('options', { ...engine, maxSize, mapping: 'memory' }).close(); // no file is made
  return {
    path: path ?? join(process.cwd(), '.next/cache/next.mapstone'),
    engine: { ...engine, maxSize },
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
