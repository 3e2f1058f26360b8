// Public names of the engine, and nothing else.

export { StoreError, type StoreErrorCode } from './errors.js';
export type { MappingKind } from './mapping/mapping.js';
export { type SalvageLoss, type SalvageOptions, type SalvageReport, salvage } from './salvage/salvage.js';
export type { StoreRecord } from './store/iterate.js';
export type { Recovery } from './store/opening.js';
export type { FlushPolicy, StoreOptions } from './store/options.js';
export { closeAll, openStore } from './store/registry.js';
export type { StoreStats } from './store/stats.js';
export type { BatchOperations, PrefixOptions, SetItem, SetOptions, Store, StoreEntry, TouchOptions } from './store/store.js';
export type { Finding } from './upkeep/check.js';
export type { RecoveryProgress } from './upkeep/verify.js';
