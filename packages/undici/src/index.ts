// The public names of @mapstone/undici.
export { MapstoneCacheStore, MapstoneCacheStore as default, type MapstoneCacheStoreOptions } from './cache-store.js';
