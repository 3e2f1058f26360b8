// Keyv's envelope `{ value, expires }` as fields of a record: the engine stores the inner value, keeps `expires` as the record's own
// expiry, and a flag says "this was an envelope". So nothing is encoded twice, and a string row still comes back as a string.
// What a record can't hold exactly (extra fields, no value, an infinite `expires`) is stored whole, as the object it is.
import type { StoreEntry } from '@mapstone/engine';
import type { Envelope } from './contract.js';

/** An instant as the engine takes it, or undefined for "never": both majors mean that by what is not finite. */
export function instant(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}

/**
 * Can a record hold this exactly? `until` is the expiry that came as an argument. Keyv 5 takes `expires` a moment before the store
 * turns the ttl into an instant, so an earlier `expires` agrees with it and is the one kept; a later one doesn't and is stored whole.
 */
export function fitsRecord(row: unknown, until: number | undefined): row is Envelope {
  if (typeof row !== 'object' || row === null) return false;
  for (const name in row) if (name !== 'value' && name !== 'expires') return false;
  const { value, expires } = row as Envelope;
  if (value === undefined) return false;
  if (expires === undefined) return until === undefined;
  return Number.isFinite(expires) && expires <= (until ?? expires);
}

/** The row as Keyv handed it over. */
export function asGiven(row: StoreEntry): any {
  if (!row.flag) return row.value;
  return { value: row.value, expires: row.expiresAt === Infinity ? undefined : row.expiresAt };
}
