// The options and other arguments of a store's methods, checked: a slip is an error with a code, before anything is written.

import { typeError } from '../errors.js';
import * as L from '../layout.js';

const { Flag } = L;

export interface TouchOptions {
  /** Milliseconds from now, over 0. */
  ttl?: number;
  /** Milliseconds since 1970; a past one stores an entry that is absent. Not together with `ttl`. */
  expiresAt?: number;
}

export interface SetOptions extends TouchOptions {
  /** A bit kept with the entry, for adapters. */
  flag?: boolean;
}

export interface PrefixOptions {
  prefix?: string;
}

export function flagsOf(options: SetOptions): number {
  return checkOptions(options).flag === true ? Flag.USER : 0;
}

export function prefixOf(options: PrefixOptions): string {
  const { prefix = '' } = checkOptions(options);
  if (typeof prefix !== 'string') throw typeError('ERR_OPTION_INVALID', `prefix is a string, not ${describe(prefix)}`);
  return prefix;
}

export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

// A ttl given as a bare number, as other stores take it, would else be lost without a word.
export function checkOptions<Options extends object>(options: Options): Options {
  if (!isObject(options)) throw typeError('ERR_OPTION_INVALID', `options are an object, like { ttl: 60_000 }, not ${describe(options)}`);
  return options;
}

export function checkList<Item>(call: string, list: readonly Item[]): readonly Item[] {
  if (!Array.isArray(list)) throw typeError('ERR_OPTION_INVALID', `${call} takes an array, not ${describe(list)}`);
  return list;
}

export function describe(value: unknown): string {
  return isObject(value) || typeof value === 'function' ? `a ${typeof value}` : String(value);
}
