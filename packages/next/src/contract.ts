// What Next 16 asks of its two handlers, as types of our own: the declarations must not need Next installed. `npm run test:next` holds them against Next's.

export interface TagDurations {
  /** Seconds from now. */
  expire?: number;
}

export interface CacheControl {
  /** Seconds, or false for never. */
  revalidate: number | false;
  /** Seconds. */
  expire: number | undefined;
}

/** What `cacheHandler` gives for a key. */
export interface CacheHandlerValue {
  /** Milliseconds since 1970. */
  lastModified: number;
  /** Null where the page is known not to exist. */
  value: any;
  cacheControl?: CacheControl;
}

/** The part of Next's constructor argument that is used. */
export interface HandlerContext {
  serverDistDir?: string;
  /** Tags this request has just revalidated. */
  revalidatedTags: string[];
}

/** The parts of `ctx` that are used, of fetches and of pages. */
export interface GetContext {
  kind?: string;
  tags?: string[];
  softTags?: string[];
  revalidate?: number | false;
}

export interface SetContext {
  kind?: string;
  fetchCache?: boolean;
  tags?: string[];
  cacheControl?: CacheControl;
}

/** What `cacheHandlers` keep. Durations in seconds, `timestamp` in milliseconds since 1970. */
export interface CacheEntry {
  value: ReadableStream<Uint8Array>;
  tags: string[];
  stale: number;
  timestamp: number;
  expire: number;
  revalidate: number;
}
