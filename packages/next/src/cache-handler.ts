// Next's `cacheHandler`: pages and route handlers of ISR, and the fetch cache. Next makes an object of the class for each request, so what lasts is outside of it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheFile, nameOf } from './cache-file.js';
import type { CacheControl, CacheHandlerValue, GetContext, HandlerContext, SetContext, TagDurations } from './contract.js';
import type { NextCacheOptions } from './options.js';
import { RenderStarts } from './render-starts.js';
import type { Judgement } from './tags.js';

interface Kept {
  /** Its lifetime begins then. */
  madeAt: number;
  /** Tags that were revalidated since then count against it. */
  readFrom: number;
  value: any;
  tags: string[];
  cacheControl?: CacheControl;
}

const TAGS_HEADER = 'x-next-cache-tags';
const IMPLIED_REVALIDATE = 1000;

/** A class for `cacheHandler` in next.config: the default export of the module named there. */
export function createCacheHandler(options?: NextCacheOptions) {
  const file = new CacheFile(options);
  const starts = new RenderStarts();
  const builds = new Map<string, string>();

  return class MapstoneCacheHandler {
    readonly #build: string;
    readonly #revalidatedTags: readonly string[];

    constructor(context: HandlerContext) {
      this.#build = buildId(builds, context.serverDistDir);
      this.#revalidatedTags = context.revalidatedTags ?? [];
    }

    async get(key: string, context: GetContext = {}): Promise<CacheHandlerValue | null> {
      const name = nameOf(this.#kind(context.kind), key);
      const kept = file.get<Kept>(name);
      const judged = kept === undefined ? 'expired' : this.#judge(kept, context);
      if (kept === undefined || judged === 'expired') {
        starts.begin(name);
        return null;
      }
      const { madeAt: lastModified, value, cacheControl } = kept;
      const seconds = context.kind === 'FETCH' ? context.revalidate || value?.revalidate : cacheControl?.revalidate;
      const lifetime = typeof seconds === 'number' ? seconds * 1000 : Number.POSITIVE_INFINITY;
      const now = Date.now();
      const stale = judged === 'stale';
      if (stale || lastModified + lifetime < now) starts.begin(name);
      if (!stale) return cacheControl === undefined ? { lastModified, value } : { lastModified, value, cacheControl };
      // Next knows only the tags that its own process revalidated, so a stale entry is shown to it as one whose time is over.
      if (context.kind === 'FETCH') return { lastModified: Math.min(lastModified, now - lifetime - 1), value };
      return {
        lastModified: Math.min(lastModified, now - IMPLIED_REVALIDATE - 1),
        value,
        cacheControl: { expire: undefined, ...cacheControl, revalidate: IMPLIED_REVALIDATE / 1000 },
      };
    }

    async set(key: string, value: any, context: SetContext = {}): Promise<void> {
      const name = nameOf(this.#kind(context.fetchCache ? 'FETCH' : context.kind), key);
      const { cacheControl } = context;
      const { madeAt, readFrom } = starts.end(name);
      const kept: Kept = { madeAt, readFrom, value, tags: tagsOf(value, context), ...(cacheControl === undefined ? {} : { cacheControl }) };
      // Past `expire` Next makes a page again before it answers, so it need not be kept.
      file.set(name, kept, cacheControl?.expire === undefined ? undefined : madeAt + cacheControl.expire * 1000);
    }

    async revalidateTag(tags: string | string[], durations?: TagDurations): Promise<void> {
      const list = typeof tags === 'string' ? [tags] : tags;
      if (list.length > 0) await file.revalidate(list, durations);
    }

    /** Nothing is kept for the length of a request. */
    resetRequestCache(): void {}

    #judge({ readFrom, tags }: Kept, { tags: given, softTags }: GetContext): Judgement {
      const revalidated = this.#revalidatedTags;
      if (revalidated.length > 0 && [tags, given, softTags].some((list) => list?.some((tag) => revalidated.includes(tag)))) return 'expired';
      return file.judge(readFrom, tags, given, softTags);
    }

    // Fetches and images outlive a build. A page has the scripts of its build in it.
    #kind(kind: string | undefined): string {
      if (kind === 'FETCH') return 'fetch';
      return kind === 'IMAGE' ? 'image' : `page:${this.#build}`;
    }
  };
}

/** Without a tag twice, since each is looked up. */
function union(...lists: (readonly string[] | undefined)[]): string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))];
}

function tagsOf(value: any, context: SetContext): string[] {
  const header = value?.headers?.[TAGS_HEADER];
  const own: string[] = typeof header === 'string' ? header.split(',') : (value?.tags ?? []);
  return union(own, context.tags);
}

/** `next build` writes it before it renders the first page. */
function buildId(known: Map<string, string>, serverDistDir: string | undefined): string {
  if (serverDistDir === undefined) return '';
  const seen = known.get(serverDistDir);
  if (seen !== undefined) return seen;
  try {
    const id = readFileSync(join(serverDistDir, '..', 'BUILD_ID'), 'utf8').trim();
    known.set(serverDistDir, id);
    return id;
  } catch {
    return 'development'; // `next dev` writes none
  }
}
