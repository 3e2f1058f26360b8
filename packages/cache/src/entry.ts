// From a value and its life to what is stored, and what has become of that later.

import type { TouchOptions } from '@mapstone/engine';
import { type Envelope, endOf, isEnvelope, wrap } from './envelope.js';
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
  const entry = { filled: true, value, fresh: now + ttl, staleFor: stale, keptFor: Math.max(stale, staleIfError), tags };
  return { value: wrap(entry), options: { expiresAt: endOf(entry) } };
}

/** The same entry, as if its ttl were over now; `undefined` if nothing of it is left then. */
export function expired({ lease: _lease, outcome: _outcome, ...entry }: Envelope, now: number): Envelope | undefined {
  return entry.keptFor > 0 ? { ...entry, fresh: now } : undefined;
}

/** The same entry, without the load that is under way, or how the last one ended; `undefined` if there was nothing else. */
export function unleased({ lease: _lease, outcome: _outcome, ...entry }: Envelope): Envelope | undefined {
  return entry.filled ? entry : undefined;
}

/** The same entry, fresh for `ttl` ms from now. */
export function renewed(entry: Envelope, ttl: number, now: number): Envelope {
  return { ...entry, fresh: now + ttl };
}
