// What the two majors of Keyv ask of a store, as types of our own: the adapter's declarations must not need either major installed.

/** How Keyv hands a value over when its serializer is off. */
export interface Envelope {
  value?: unknown;
  /** Absolute, in ms. */
  expires?: number | undefined;
}

/** One entry of `setMany`: keyv 5 fills in `ttl` (relative), keyv 6 `expires` (absolute). */
export interface BatchEntry {
  key: string;
  value: any;
  ttl?: number;
  expires?: number;
}

const asyncMethods = ['get', 'getMany', 'has', 'hasMany', 'set', 'setMany', 'delete', 'deleteMany', 'clear', 'disconnect'] as const;

/** The shape of keyv 6's `KeyvStorageCapability`. */
export interface Capabilities {
  compatible: boolean;
  store: 'keyvStorage';
  methods: Record<(typeof asyncMethods)[number] | 'iterator', { exists: boolean; methodType: 'async' | 'sync' }>;
  /** The keyv 6 contract: `set` takes an absolute instant, and the store itself enforces it. */
  expires: true;
}

const methods = Object.fromEntries(asyncMethods.map((name) => [name, { exists: true, methodType: 'async' }]));

// What keyv 6 would detect (an async generator counts as 'sync' there), plus `expires`.
export const capabilities: Capabilities = {
  compatible: true,
  store: 'keyvStorage',
  methods: { ...methods, iterator: { exists: true, methodType: 'sync' } } as Capabilities['methods'],
  expires: true,
};
