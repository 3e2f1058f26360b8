// From a value and its life to what is stored, and what has become of that later.

import type { TouchOptions } from '@mapstone/engine';
import { type Envelope, isEnvelope, wrap } from './envelope.js';
import type { Life } from './options.js';

/** What `store.set` takes: the value, or its envelope, and when it expires. */
export interface Stored {
  value: unknown;
  options: TouchOptions | undefined;
}

/** `ttl` is the life's own, or shortened. Without anything more to say than that, a value lies in the store as it is. */
export function entryFor(value: unknown, { stale, staleIfError }: Life, ttl: number, tags: readonly string[], now: number): Stored {
  if (stale === 0 && staleIfError === 0 && tags.length === 0 && value !== undefined && !isEnvelope(value)) {
    return { value, options: ttl === Number.POSITIVE_INFINITY ? undefined : { ttl } };
  }
  const fresh = now + ttl;
  const end = fresh + Math.max(stale, staleIfError);
  return { value: wrap({ filled: true, value, fresh, stale: fresh + stale, end, tags }), options: { expiresAt: end } };
}

/** The same entry, as if its ttl were over now; `undefined` if nothing of it is left then. */
export function expired({ lease: _lease, outcome: _outcome, ...entry }: Envelope, now: number): Envelope | undefined {
  const end = now + (entry.end - entry.fresh);
  if (!(end > now)) return undefined;
  return { ...entry, fresh: now, stale: now + (entry.stale - entry.fresh), end };
}

/** The same entry, fresh for `ttl` ms from now. */
export function renewed(entry: Envelope, ttl: number, now: number): Envelope {
  const fresh = now + ttl;
  return { ...entry, fresh, stale: fresh + gap(entry.stale, entry.fresh), end: fresh + gap(entry.end, entry.fresh) };
}

/** Of two instants that may both be infinite. */
function gap(later: number, earlier: number): number {
  return later === earlier ? 0 : later - earlier;
}
