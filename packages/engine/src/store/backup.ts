// A backup is a new store with all live entries as they are at this moment: written beside its final path, closed, then given its name.

import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StoreError } from '../errors.js';
import * as L from '../layout.js';
import { chooseMapping } from '../mapping/choose.js';
import type { Engine } from './engine.js';
import { iterate } from './iterate.js';
import { openEngine } from './opening.js';

export function backup(engine: Engine, path: string): void {
  const target = resolve(path);
  if (existsSync(target)) throw exists(target);
  const { core } = engine;
  const { kind } = core.space.file;
  const partial = `${target}.${randomBytes(6).toString('hex')}.partial`;
  const copy = openEngine(partial, {
    maxSize: L.MAX_DATA_BYTES,
    segmentShift: core.space.segmentShift,
    verifyReads: false,
    flush: 'manual',
    mapping: chooseMapping(kind === 'mmap-io' || kind === 'koffi' ? kind : undefined),
    mode: engine.mode,
    readOnly: false,
    onRecovery: undefined,
    environment: core.environment,
  });
  try {
    try {
      for (const { key, value, expiresAt, flag } of iterate(engine, '', true)) copy.set(key, value, flag ? L.Flag.USER : 0, expiresAt);
    } finally {
      copy.close();
    }
    publish(partial, target);
  } finally {
    rmSync(partial, { force: true });
  }
}

/** A hard link never replaces what is there, as a rename would. */
function publish(partial: string, target: string): void {
  try {
    linkSync(partial, target);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw exists(target);
    throw new StoreError('ERR_STORE_IO', `${target}: the backup can't be given its name`, { path: target, syscall: 'link', cause });
  }
  const directory = openSync(dirname(target), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function exists(path: string): StoreError {
  return new StoreError('ERR_STORE_EXISTS', `${path} exists: a backup never overwrites; choose another path`, { path });
}
