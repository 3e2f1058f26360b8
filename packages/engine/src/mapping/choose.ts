// Which mapping a store gets: mmap-io wherever it loads, else koffi. Memory only for those who ask for it, because it keeps nothing.

import { StoreError } from '../errors.js';
import { koffiMapping } from './koffi-mapping.js';
import type { Mapping } from './mapping.js';
import { MemoryMapping } from './memory-mapping.js';
import { mmapIoMapping } from './mmap-io-mapping.js';

export type MappingChoice = 'mmap-io' | 'koffi' | 'memory';

const builders: Record<MappingChoice, () => Mapping> = { 'mmap-io': mmapIoMapping, koffi: koffiMapping, memory: () => new MemoryMapping() };

/** One of each kind per thread: opens of one path must meet in memory, and what failed to load once is not tried again. */
const built = new Map<MappingChoice, Mapping | StoreError>();

/** The mapping of this kind, or the best that loads. Throws `ERR_PLATFORM_UNSUPPORTED` with what failed and why. */
export function chooseMapping(kind?: MappingChoice): Mapping {
  const failures: StoreError[] = [];
  for (const candidate of kind === undefined ? (['mmap-io', 'koffi'] as const) : [kind]) {
    const mapping = tryBuild(candidate);
    if (!(mapping instanceof StoreError)) return mapping;
    failures.push(mapping);
  }
  const reasons = [...new Set(failures.map((failure) => failure.message))].join('; ');
  const what = kind === undefined ? 'no file mapping loads' : `mapping '${kind}' does not load`;
  const cause = failures.length === 1 ? failures[0] : new AggregateError(failures, reasons);
  const message = `${what} on ${process.platform} ${process.arch}: ${reasons}. mapping: 'memory' works everywhere, but keeps nothing`;
  throw new StoreError('ERR_PLATFORM_UNSUPPORTED', message, { cause });
}

/** Why a kind does not load here, `undefined` if it does. */
export function unavailable(kind: MappingChoice): StoreError | undefined {
  const mapping = tryBuild(kind);
  return mapping instanceof StoreError ? mapping : undefined;
}

function tryBuild(kind: MappingChoice): Mapping | StoreError {
  let found = built.get(kind);
  if (found === undefined) {
    try {
      found = builders[kind]();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      found = error;
    }
    built.set(kind, found);
  }
  return found;
}

// The native parts load with this module, while a program starts, and not in the first `openStore`, which would take twice as long for it. What does not
// load is kept, and told to who asks for it.
unavailable('mmap-io');
