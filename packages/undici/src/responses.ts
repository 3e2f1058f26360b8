// The responses of one URL as they are kept: a list in one record, newest first, each with the key of its body in another.
// A body's key is made anew for each response, so that a reader who saw the list before a change misses, and never pairs old headers with a new body.
import { randomUUID } from 'node:crypto';
import type { CacheKey, CacheValue, GetResult } from './contract.js';

/** What the keys of the records begin with; other adapters on the same file begin theirs otherwise. */
export const URL_PREFIX = 'undici:url:';
export const BODY_PREFIX = 'undici:body:';
export const TOTALS_KEY = 'undici:totals';

/** Responses kept for one URL: each lookup reads them all, and a server that varies on what differs in every request would make it long. */
export const MAX_VARIANTS = 100;

export interface Response {
  body: string;
  method: string;
  /** Milliseconds since 1970, when it was put here: `cachedAt` may lie before that. */
  storedAt: number;
  /** Bytes that count against `maxSize`. */
  size: number;
  value: CacheValue;
}

export function urlKey({ origin, path }: CacheKey): string {
  return `${URL_PREFIX}${origin}${path}`;
}

export function response({ method }: CacheKey, value: CacheValue, bodyBytes: number, now: number): Response {
  const { statusCode, statusMessage, headers, vary, etag, cacheControlDirectives = {}, cachedAt, staleAt, deleteAt } = value;
  const kept = { statusCode, statusMessage, headers, vary, etag, cacheControlDirectives, cachedAt, staleAt, deleteAt };
  return { body: BODY_PREFIX + randomUUID(), method, storedAt: now, size: bodyBytes + JSON.stringify(kept).length, value: kept };
}

/** Whether this response may answer that request. */
export function answers({ method, value: { vary, deleteAt } }: Response, key: CacheKey, now: number): boolean {
  if (deleteAt <= now || method !== key.method) return false;
  for (const name in vary) if (!sameHeader(key.headers?.[name], vary[name])) return false;
  return true;
}

export function newestThatAnswers(responses: readonly Response[], key: CacheKey): Response | undefined {
  const now = Date.now();
  for (const one of responses) if (answers(one, key, now)) return one;
  return undefined;
}

/** Field by field: a spread of what was decoded took two thirds of `get`. */
export function result({ value }: Response, body: Buffer): GetResult {
  const { statusCode, statusMessage, headers, vary, etag, cacheControlDirectives = {}, cachedAt, staleAt, deleteAt } = value;
  // A list of one chunk: undici goes through a bare Buffer byte by byte when it renews a response after a 304.
  return { statusCode, statusMessage, headers, vary, etag, cacheControlDirectives, cachedAt, staleAt, deleteAt, body: body.length === 0 ? [] : [body] };
}

type Header = string | string[] | null | undefined;

function sameHeader(a: Header, b: Header): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => item === b[i]);
  return (a ?? null) === (b ?? null);
}
