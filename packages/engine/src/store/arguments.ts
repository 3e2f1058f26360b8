// The options and other arguments of a store's methods, checked: a slip is an error with a code, before anything is written.

import { rangeError, typeError } from '../errors.js';
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

/** Milliseconds since 1970, Infinity for never. */
export function expiryOf(options: TouchOptions, environment: { now(): number }): number {
  const { ttl, expiresAt } = checkOptions(options);
  if (ttl === undefined && expiresAt === undefined) return Number.POSITIVE_INFINITY;
  if (ttl !== undefined && expiresAt !== undefined) throw typeError('ERR_OPTION_INVALID', 'ttl and expiresAt can not both be given');
  if (ttl !== undefined) {
    if (typeof ttl !== 'number' || !(ttl > 0)) throw rangeError('ERR_OPTION_INVALID', `ttl is a number of milliseconds over 0, not ${String(ttl)}`);
    return environment.now() + ttl;
  }
  if (typeof expiresAt !== 'number' || Number.isNaN(expiresAt))
    throw rangeError('ERR_OPTION_INVALID', `expiresAt is a number of ms since 1970, not ${String(expiresAt)}`);
  // Minus infinity would not read back as a time; any past one says the same.
  return Math.max(expiresAt, 0);
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
