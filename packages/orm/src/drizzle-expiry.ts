// Drizzle's cache configuration as an instant, as Redis reads these words.
import type { CacheConfig } from 'drizzle-orm/cache/core/types';

/**
 * When an entry that is stored now expires, ms since 1970, Infinity for never; undefined if it already has.
 * `current` gives the expiry of the entry that is there, undefined if there is none.
 */
export function expiryOf(config: CacheConfig, fallback: CacheConfig, current: () => number | undefined): number | undefined {
  const wanted = instantOf(config) ?? instantOf(fallback) ?? Number.POSITIVE_INFINITY;
  const expiry = choose(wanted, config.keepTtl ?? false, (config.hexOptions ?? fallback.hexOptions)?.toUpperCase(), current);
  return expiry > Date.now() ? expiry : undefined;
}

function choose(wanted: number, keepTtl: boolean, condition: string | undefined, current: () => number | undefined): number {
  if (!keepTtl && condition === undefined) return wanted;
  const there = current();
  if (there === undefined) return wanted;
  if (keepTtl) return there;
  const has = there !== Number.POSITIVE_INFINITY;
  const applies = { NX: !has, XX: has, GT: wanted > there, LT: wanted < there }[condition ?? ''];
  return applies === false ? there : wanted;
}

function instantOf({ ex, px, exat, pxat }: CacheConfig): number | undefined {
  for (const [name, value] of Object.entries({ ex, px, exat, pxat })) {
    if (value !== undefined && (typeof value !== 'number' || Number.isNaN(value)))
      throw new RangeError(`the cache's ${name} is a number, not ${String(value)}`);
  }
  if (pxat !== undefined) return pxat;
  if (exat !== undefined) return exat * 1000;
  if (px !== undefined) return Date.now() + px;
  return ex === undefined ? undefined : Date.now() + ex * 1000;
}
