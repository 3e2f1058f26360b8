// The public names of @mapstone/conformance.
export { conformance, type Suite, suites } from './conformance.js';
export { hostileKeys } from './material/keys.js';
export { hostileValues, type Labelled, values } from './material/values.js';
export type { Adapter, ConformanceOptions, Optional, TestRunner } from './options.js';
