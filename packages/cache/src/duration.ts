// Durations and sizes as people write them: 300_000 or '5m', 268_435_456 or '256mb'.

import { parse } from '@lukeed/ms';
import { rangeError } from './errors.js';

/** Milliseconds, or a number with a unit: '500ms', '5m', '1h', '2d'. */
export type Duration = number | string;

/** Milliseconds, over `least` or equal to it. `Infinity` is for ever. Throws a RangeError, `ERR_OPTION_INVALID`. */
export function milliseconds(name: string, duration: Duration, least: 0 | 1): number {
  // A bare '10' would be taken for ten milliseconds, and more often means seconds.
  const ms = typeof duration === 'string' ? (/[a-z]\s*$/i.test(duration) ? parse(duration) : undefined) : duration;
  if (typeof ms === 'number' && ms >= least) return ms;
  const range = least === 0 ? 'from 0' : 'from 1 ms, Infinity for ever';
  throw rangeError(`${name} is a duration like 5000 (ms), '500ms' or '5m', ${range}; not ${typeof duration === 'string' ? `'${duration}'` : String(duration)}`);
}

const UNITS: Record<string, number> = { b: 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 };

/** Bytes; throws a RangeError, `ERR_OPTION_INVALID`. */
export function bytes(name: string, size: number | string): number {
  if (typeof size === 'number' && size > 0) return size;
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?(b|kb|mb|gb)$/i.exec(String(size)) ?? [];
  if (unit !== undefined) return Math.floor(Number(number) * UNITS[unit.toLowerCase()]);
  throw rangeError(`${name} is a number of bytes, or one with a unit like '256mb'; not ${String(size)}`);
}
