// How the tests open the adapter: here, and in the second process that they start.

import { Cache } from './adapter.mjs';

export const open = (path, options) => new Cache({ path, namespace: 'a', ...options });
