// A backup is a new store with all live entries as they are at this moment: written beside its final path, closed, then given its name.

import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StoreError } from '../errors.js';
import * as L from '../layout.js';
import { chooseMapping } from '../mapping/choose.js';
import { give, syncDirectory } from '../mapping/create-file.js';
import type { Engine } from './engine.js';
import { iterate } from './iterate.js';
import { openEngine } from './opening.js';
import type { Settings } from './options.js';

export function backup(engine: Engine, path: string): void {
  const { core, mode } = engine;
  const { kind } = core.space.file;
  const mapping = chooseMapping(kind === 'mmap-io' || kind === 'koffi' ? kind : undefined);
  const { segmentShift } = core.space;
  buildNew(resolve(path), { segmentShift, mapping, mode, environment: core.environment }, (copy) => {
    const all = () => {
      for (const { key, value, expiresAt, flag } of iterate(engine, '', true)) copy.set(key, value, flag ? L.Flag.USER : 0, expiresAt);
    };
    // All as of one moment: nobody else writes meanwhile. Who may not write can't ask for that.
    if (core.readOnly) all();
    else engine.locked(all);
  });
}

/** Makes a new store that `fill` fills, all or nothing. Throws `ERR_STORE_EXISTS` rather than replacing what is at `target`. */
export function buildNew<Result>(
  target: string,
  settings: Pick<Settings, 'segmentShift' | 'mapping' | 'mode' | 'environment'>,
  fill: (engine: Engine) => Result,
): Result {
  if (existsSync(target)) throw exists(target);
  const partial = `${target}.${randomBytes(6).toString('hex')}.partial`;
  const engine = openEngine(partial, {
    ...settings,
    maxSize: L.MAX_DATA_BYTES,
    verifyReads: false,
    flush: 'manual',
    readOnly: false,
    onRecovery: undefined,
    exclusive: true,
    busyTimeout: 0,
    objectCache: undefined,
    cache: undefined,
  });
  try {
    let result: Result;
    try {
      result = fill(engine);
    } finally {
      engine.close();
    }
    publish(partial, target);
    return result;
  } finally {
    rmSync(partial, { force: true });
  }
}

/** As `createFile` does it: by a hard link, which never replaces what is there, or where there are none by a rename after a look. */
function publish(partial: string, target: string): void {
  let isGiven: boolean;
  try {
    isGiven = give(partial, target);
  } catch (cause) {
    const { syscall = 'link' } = cause as NodeJS.ErrnoException;
    throw new StoreError('ERR_STORE_IO', `${target}: the new store can't be given its name`, { path: target, syscall, cause });
  }
  if (!isGiven) throw exists(target);
  const directory = openSync(dirname(target), 'r');
  try {
    syncDirectory(directory);
  } finally {
    closeSync(directory);
  }
}

function exists(path: string): StoreError {
  return new StoreError('ERR_STORE_EXISTS', `${path} exists, and is never overwritten: choose another path`, { path });
}
