// Refuses every set.
import * as bare from './bare.mjs';

export const open = (path, options) => ({
  ...bare.open(path, options),
  set() {
    throw new TypeError('not now');
  },
});
