// Versions of tables and tags, in the file, so that all processes see them. A version is a random word and no counter: one that was lost (cleared, evicted)
// and made anew is never taken for what it was.
import { randomUUID } from 'node:crypto';
import type { MutationOption } from 'drizzle-orm/cache/core';
import { isTable } from 'drizzle-orm/table';
import type { Scope } from './scope.js';

/** By name: 't' and a table, 'g' and a tag. */
export type VersionWords = Record<string, string>;

export function namesOf(tables: MutationOption['tables'], tags: string | string[] | undefined): string[] {
  return [...listOf<unknown>(tables).map((table) => `t${typeof table === 'string' ? table : nameOf(table)}`), ...listOf(tags).map((tag) => `g${tag}`)];
}

function listOf<T>(one: T | T[] | undefined): T[] {
  if (one === undefined) return [];
  return Array.isArray(one) ? one : [one];
}

// As Drizzle itself names a table to its cache: with its schema, where it has one.
function nameOf(table: unknown): string {
  if (!isTable(table)) throw new TypeError(`a table is given as it was declared, or by its name, not as ${String(table)}`);
  const { [Symbol.for('drizzle:Schema')]: schema, [Symbol.for('drizzle:BaseName')]: name } = table as unknown as Record<symbol, string | undefined>;
  return schema ? `${schema}.${name}` : `${name}`;
}

export class Versions {
  readonly #scope: Scope;
  readonly #settle: number;

  /** `settle`: ms after a write began within which its tables are not settled. */
  constructor(scope: Scope, settle: number) {
    this.#scope = scope;
    this.#settle = settle;
  }

  /** The versions now, and whether no write to any of the names has only just begun. */
  read(names: string[]): { versions: VersionWords; settled: boolean } {
    const versions: VersionWords = {};
    let settled = true;
    const now = Date.now();
    for (const name of names) {
      const word = this.#get(name) ?? this.#begin(name);
      versions[name] = word;
      // The distance, so that after the clock was set back an old write doesn't lie in the future for long.
      if (Math.abs(now - Number.parseInt(word, 10)) < this.#settle) settled = false;
    }
    return { versions, settled };
  }

  areCurrent(versions: VersionWords): boolean {
    for (const name in versions) if (this.#get(name) !== versions[name]) return false;
    return true;
  }

  /** What was kept under the versions until now is a miss from here on, in every process. `settled` if the write is over. */
  renew(names: string[], { settled }: { settled: boolean }): void {
    for (const name of names) this.#scope.keep(this.#scope.key('v', name), wordOf(settled ? 0 : Date.now()));
  }

  #get(name: string): string | undefined {
    return this.#scope.store.get<string>(this.#scope.key('v', name));
  }

  #begin(name: string): string {
    const word = wordOf(0);
    this.#scope.keep(this.#scope.key('v', name), word);
    return word;
  }
}

/** The time of the write, ms since 1970, and what makes it another than all before. */
const wordOf = (written: number) => `${written}.${randomUUID()}`;
