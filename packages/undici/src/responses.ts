// The responses of one URL as they are kept: a list in one record, newest first, each with the key of its body in another.
// A body's key is made anew for each response, so that a reader who saw the list before a change misses, and never pairs old headers with a new body. It says
// when it was made and for which URL, so that a body which no list names can be told from one that soon will be.
import { randomUUID } from 'node:crypto';
import type { CacheKey, CacheValue, GetResult } from './contract.js';

/** What the keys of the records begin with; other adapters on the same file begin theirs otherwise. */
export const URL_PREFIX = 'undici:url:';
export const BODY_PREFIX = 'undici:body:';
export const TOTALS_KEY = 'undici:totals';

/** Responses kept for one URL: each lookup reads them all, and a server that varies on what differs in every request would make it long. */
export const MAX_VARIANTS = 100;

/** Bytes of the longest URL (origin and path) that fits into a body's key, 65,535 bytes, in which 33 stand before it. */
export const MAX_URL = 65_500;

export interface Response {
  body: string;
  method: string;
  /** How many had come before this one was stored, by the totals: see Bounds. */
  turn: number;
  /** Milliseconds since 1970, when it was put here: `cachedAt` may lie before that. */
  storedAt: number;
  /** Bytes of body, headers and URL, which count against `maxSize`. */
  size: number;
  value: CacheValue;
}

export function urlKey({ origin, path }: CacheKey): string {
  return `${URL_PREFIX}${origin}${path}`;
}

export function response(url: string, { method }: CacheKey, value: CacheValue, bodyBytes: number, now: number, turn: number): Response {
  const { statusCode, statusMessage, headers, vary, etag, cacheControlDirectives = {}, cachedAt, staleAt, deleteAt } = value;
  const kept = { statusCode, statusMessage, headers, vary, etag, cacheControlDirectives, cachedAt, staleAt, deleteAt };
  const body = bodyKey(url, now);
  return { body, method, turn, storedAt: now, size: bodyBytes + body.length + JSON.stringify(kept).length, value: kept };
}

/** Digits of the time, base 36, and of what tells two of one URL and millisecond apart. */
const TIME = 9;
const RANDOM = 12;

function bodyKey(url: string, now: number): string {
  return BODY_PREFIX + now.toString(36).padStart(TIME, '0') + randomUUID().slice(-RANDOM) + url.slice(URL_PREFIX.length);
}

/** When the body with this key was made, and for which list. */
export function originOf(body: string): { madeAt: number; url: string } {
  const at = BODY_PREFIX.length;
  return { madeAt: Number.parseInt(body.slice(at, at + TIME), 36), url: URL_PREFIX + body.slice(at + TIME + RANDOM) };
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
