// Which files this thread has open: the same path opened again shares one engine, and the exit of the process closes them all.

import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { StoreError, typeError } from '../errors.js';
import type { Mapping } from '../mapping/mapping.js';
import type { Environment } from './core.js';
import type { Engine } from './engine.js';
import { checkMode, openEngine } from './opening.js';
import { readOptions, type Settings, type StoreOptions } from './options.js';
import { Store } from './store.js';

export const systemEnvironment: Environment = { now: () => Date.now(), random: (count) => randomBytes(count) };

/** Open engines by file, and the handles on each. */
const engines = new Map<string, { engine: Engine; handles: Set<Store> }>();
let exitHooked = false;

/**
 * Opens the store at `path`, creating it if it is missing. The same file opened again in this thread shares one engine, with the options of the first
 * opening but for `readOnly` and `objectCache`, which are each handle's own; each is closed by itself. Throws `ERR_STORE_LOCKED`, `ERR_STORE_CORRUPT`, `ERR_STORE_NOT_A_STORE`, `ERR_STORE_VERSION`,
 * `ERR_STORE_NEEDS_RECOVERY`, `ERR_STORE_FULL`, `ERR_STORE_IO`, `ERR_PLATFORM_UNSUPPORTED`, and `TypeError` or `RangeError` for bad options.
 */
export function openStore(path: string, options: StoreOptions = {}): Store {
  return openStoreIn(path, options, systemEnvironment);
}

/** The same with the outside world injected: for tests. */
export function openStoreIn(path: string, options: StoreOptions, environment: Environment, mapping?: Mapping): Store {
  if (typeof path !== 'string' || path === '' || path.includes('\0') || path.endsWith('/')) {
    throw typeError('ERR_OPTION_INVALID', `openStore(path): path is a file name, not ${typeof path === 'string' ? JSON.stringify(path) : String(path)}`);
  }
  const settings = readOptions(options, environment, mapping);
  const full = resolve(path);
  const shared = findOpen(settings.mapping, full, settings.readOnly);
  if (shared !== undefined) {
    mustSuit(shared.engine, settings, full);
    return addHandle(shared, full, settings);
  }
  const engine = openEngine(full, settings);
  // Of what was opened: the path may lead to another file by now.
  const id = keyOf(settings.mapping, engine.core.space.file.fileId(), settings.readOnly);
  const opened = { engine, handles: new Set<Store>() };
  engines.set(id, opened);
  hookExit();
  return addHandle(opened, full, settings);
}

function keyOf({ kind }: Mapping, fileId: string, readOnly: boolean): string {
  // Both ways of mapping a file of the machine lead to the same file.
  return `${kind === 'memory' || kind === 'simulated' ? kind : 'host'} ${readOnly ? 'read' : 'written'} ${fileId}`;
}

/** Who asks for writing can't share a read-only engine: the lock will say so. Who asks for reading only shares any. */
function findOpen(mapping: Mapping, path: string, readOnly: boolean): { engine: Engine; handles: Set<Store> } | undefined {
  const id = mapping.fileId(path);
  if (id === undefined) return undefined;
  return engines.get(keyOf(mapping, id, false)) ?? (readOnly ? engines.get(keyOf(mapping, id, true)) : undefined);
}

/** What an opening promises to whoever asks for it must hold for a second one too. */
function mustSuit({ core }: Engine, settings: Settings, path: string): void {
  checkMode(core.superblock, settings, path);
  if (settings.exclusive && !core.alone) {
    throw new StoreError('ERR_STORE_LOCKED', `${path} is open in this thread without exclusive: close it there first, or open it there so`, { path });
  }
}

function addHandle(opened: { engine: Engine; handles: Set<Store> }, path: string, { readOnly, objectCache }: Settings): Store {
  const { engine, handles } = opened;
  const store = new Store(engine, path, readOnly, objectCache, () => {
    handles.delete(store);
    engine.handles = handles.size;
    if (handles.size === 0) closeEngine(opened);
  });
  handles.add(store);
  engine.handles = handles.size;
  return store;
}

function closeEngine(opened: { engine: Engine }): void {
  for (const [id, other] of engines) if (other === opened) engines.delete(id);
  opened.engine.close();
}

/** Closes every store that this thread has open. For signal handlers: `process.once('SIGTERM', () => { closeAll(); process.exit(); })`. */
export function closeAll(): void {
  let failure: unknown;
  for (const { handles } of [...engines.values()]) {
    for (const store of [...handles]) {
      try {
        store.close();
      } catch (error) {
        failure ??= error;
      }
    }
  }
  if (failure !== undefined) throw failure;
}

/** No timer and no signal handler keeps a process alive or dying: at its exit what is open is flushed and marked clean. */
function hookExit(): void {
  if (exitHooked) return;
  exitHooked = true;
  process.on('exit', () => {
    try {
      closeAll();
    } catch {
      // Nothing was lost that had been promised: the next opening recovers.
    }
  });
}
