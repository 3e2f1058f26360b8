// A function with a cache in front of it: its arguments make the key.

import { textOf } from './arguments.js';
import { typeError } from './errors.js';
import type { GetOrSetOptions } from './options.js';

export interface WrapOptions<Arguments extends unknown[]> extends GetOrSetOptions {
  /** Begins the keys: two functions with one name share their values. Default: the function's own name. */
  name?: string;
  /** The rest of the key. Default: the arguments, told apart by type and content. */
  key?: (...args: Arguments) => string;
}

/** Makes keys for the calls of a function. */
export function keysOf<Arguments extends unknown[]>(fn: (...args: Arguments) => unknown, { name, key }: WrapOptions<Arguments>): (args: Arguments) => string {
  if (typeof fn !== 'function') throw typeError('ERR_OPTION_INVALID', 'wrap(fn, options): fn is a function');
  const prefix = name ?? fn.name;
  if (typeof prefix !== 'string' || prefix === '')
    throw typeError('ERR_OPTION_INVALID', 'wrap(fn, { name }): a function without a name needs one for its keys');
  return (args) => `${prefix}:${key === undefined ? textOf(args) : key(...args)}`;
}
