// Public names of the engine, and nothing else.

export { StoreError, type StoreErrorCode } from './errors.js';
export type { MappingKind } from './mapping/mapping.js';
export { type SalvageLoss, type SalvageOptions, type SalvageReport, salvage } from './salvage/salvage.js';
export type { PrefixOptions, SetOptions, TouchOptions } from './store/arguments.js';
export type { StoreRecord, Usage } from './store/iterate.js';
export type { BatchOperations } from './store/noted.js';
export type { CachedTypes, CachedValues } from './store/object-cache.js';
export type { Recovery } from './store/opening.js';
export type { FlushPolicy, StoreOptions } from './store/options.js';
export type { StoreEntry } from './store/reading.js';
export { closeAll, openStore } from './store/registry.js';
export type { Counts, StoreStats } from './store/stats.js';
export type { SetItem, Store } from './store/store.js';
export { KEEP } from './store/update.js';
export type { Finding } from './upkeep/check.js';
export type { OnEvict, Reason } from './upkeep/evictor.js';
export type { RecoveryProgress } from './upkeep/verify.js';
