// What lies in the store under a key: mostly the value itself. One that has more to it than a ttl lies in an envelope, which is an array that begins with a
// mark; a value that looks like one is put into one itself, so the two can't be confused.

import type { KeptError } from './errors.js';

const MARK = '\u0001mapstone-cache';

/** Who makes a new value: the opener of the store that does, a token of this making, until when (ms since 1970) others wait for it, its tags, with versions, and how many ms it lasts. */
export type Lease = [holder: string, token: string, until: number, tags: readonly string[], length: number];

/** How a making ended without a value that is kept. */
export interface Outcome {
  /** Of the lease it ended: who waited for that is answered by it. */
  token: string;
  /** Until then everybody is, ms since 1970. */
  until: number;
  error?: KeptError;
  value?: null;
  /** There is a value, which the store can't keep. */
  unkept?: true;
  /** Tag, version, ... as at the begin of the load: one that is invalid since says nothing to who asks after that. */
  tags?: readonly string[];
}

export interface Envelope {
  /** Whether there is a value at all, or a lease or an outcome only. */
  filled: boolean;
  value: unknown;
  /** Until when it is fresh: ms since 1970. */
  fresh: number;
  /** Ms after that in which it is served while a new one is made, and in which it is kept at all: not less. Of what is fresh for ever they count once `expire` ends that. */
  staleFor: number;
  keptFor: number;
  /** Tag, version, tag, version, ... */
  tags: readonly string[];
  lease?: Lease | undefined;
  outcome?: Outcome | undefined;
}

const NO_TAGS: readonly string[] = [];
export const EMPTY: Envelope = { filled: false, value: undefined, fresh: 0, staleFor: 0, keptFor: 0, tags: NO_TAGS };

/** Until when it is kept: ms since 1970. */
export function endOf({ fresh, keptFor }: Envelope): number {
  return fresh + keptFor;
}

export function isEnvelope(stored: unknown): stored is unknown[] {
  return typeof stored === 'object' && Array.isArray(stored) && stored[0] === MARK;
}

/** What is stored for an envelope; the parts that are not there take no space. */
export function wrap({ filled, value, fresh, staleFor, keptFor, tags, lease, outcome }: Envelope): unknown[] {
  const stored: unknown[] = [MARK, filled ? 1 : 0, fresh, staleFor, keptFor, tags.length === 0 ? 0 : tags];
  if (filled || lease || outcome) stored.push(filled ? value : 0);
  if (lease || outcome) stored.push(lease ?? 0);
  if (outcome) stored.push(outcome);
  return stored;
}

export function unwrap(stored: unknown[]): Envelope {
  const [, filled, fresh, staleFor, keptFor, tags, value, lease, outcome] = stored as [
    string,
    number,
    number,
    number,
    number,
    string[] | 0,
    unknown,
    Lease | 0,
    Outcome,
  ];
  return { filled: filled === 1, value: filled === 1 ? value : undefined, fresh, staleFor, keptFor, tags: tags || NO_TAGS, lease: lease || undefined, outcome };
}

/** The envelope of whatever is stored; of a plain value one that is always fresh, as the store's own expiry is all it has. */
export function envelopeOf(stored: unknown): Envelope | undefined {
  if (stored === undefined) return undefined;
  if (isEnvelope(stored)) return unwrap(stored);
  return { filled: true, value: stored, fresh: Number.POSITIVE_INFINITY, staleFor: 0, keptFor: 0, tags: NO_TAGS };
}
