// Versions of tables and tags, in the file, so that all processes see them. A version is a random word and no counter: one that was lost (cleared, evicted,
// expired) and made anew is never taken for what it was. It also says who is writing: what is read meanwhile may be old as soon as it is there.
import { randomUUID } from 'node:crypto';
import { KEEP } from '@mapstone/engine';
import type { MutationOption } from 'drizzle-orm/cache/core';
import { isTable } from 'drizzle-orm/table';
import type { Scope } from './scope.js';

/** By name: 't' and a table, 'g' and a tag. */
export type VersionWords = Record<string, string>;

export function namesOf(tables: MutationOption['tables'], tags: string | string[] | undefined): string[] {
  const names = [...listOf<unknown>(tables).map((table) => `t${typeof table === 'string' ? table : nameOf(table)}`), ...listOf(tags).map((tag) => `g${tag}`)];
  return [...new Set(names)];
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

/**
 * `written`, ms since 1970, of the last write whose end nobody tells; a random word; and after it, with a space before each, the openers of the file whose
 * writes are under way and whose end is told, each as often as it has such writes.
 */
type Version = string;

/** Milliseconds, far more than a query takes: a version that no entry has goes after so long, for there may be a tag for each row. */
const IDLE = 3_600_000;

export class Versions {
  readonly #scope: Scope;
  readonly #settle: number;
  /** Names of writes that are over, which nobody has been told yet. */
  readonly #over: string[] = [];

  /** `settle`: ms after a write whose end nobody tells began within which its tables are not settled. */
  constructor(scope: Scope, settle: number) {
    this.#scope = scope;
    this.#settle = settle;
  }

  /** The versions now, and whether no write to any of the names is under way, or has only just begun. */
  read(names: string[]): { versions: VersionWords; settled: boolean } {
    this.#tell();
    const versions: VersionWords = {};
    let settled = true;
    for (const name of names) {
      let version = this.#get(name) ?? this.#first(name);
      if (this.#hasDead(version)) version = this.#bury(name);
      // Of what no version can be had for nothing can be kept.
      if (version !== undefined) versions[name] = version;
      settled &&= version !== undefined && isAtRest(version, this.#settle);
    }
    return { versions, settled };
  }

  areCurrent(versions: VersionWords): boolean {
    for (const name in versions) if (this.#get(name) !== versions[name]) return false;
    return true;
  }

  /**
   * What was kept under the versions until now is a miss from here on, in every process. `told`: the names for which `done` will be called, once for this
   * call; undefined where nobody tells of the end.
   */
  begin(names: string[], told: Set<string> | undefined): void {
    this.#tell();
    for (const name of names) {
      this.#renew(name, (version) => {
        const { written, writers } = this.#parse(version);
        // Of what was noted before in the same work the end is told as well, once.
        return told === undefined ? versionOf(Date.now(), writers) : versionOf(written, told.has(name) ? [...writers, this.#opener] : writers);
      });
    }
  }

  /** The write of the names, told of at its beginning, is over. */
  done(names: string[]): void {
    this.#over.push(...names);
    this.#tell();
  }

  /** Where the file fails, it is told the next time: else the table would be one that is being written for as long as this process lives. */
  #tell(): void {
    for (; this.#over.length > 0; this.#over.shift()) {
      this.#renew(this.#over[0], (version) => {
        const { written, writers } = this.#parse(version);
        const own = writers.indexOf(this.#opener);
        return versionOf(
          written,
          writers.filter((_, i) => i !== own),
        );
      });
    }
  }

  /** Sees to it that the versions are there for as long as an entry that has them. */
  outlive(versions: VersionWords, expiresAt: number): void {
    for (const name in versions) {
      const key = this.#scope.key('v', name);
      const until = this.#scope.store.expiresAt(key);
      // By more than is needed, so that this is not a write for each entry.
      if (until !== undefined && until < expiresAt) this.#scope.inRoom(() => this.#scope.store.touch(key, { expiresAt: expiresAt + IDLE }));
    }
  }

  get #opener(): string {
    return this.#scope.store.opener as string;
  }

  #get(name: string): Version | undefined {
    return this.#scope.store.get<Version>(this.#scope.key('v', name));
  }

  /** In one step with the look at what is there: a write that begins in another process meanwhile is not to be hidden. */
  #first(name: string): Version | undefined {
    return this.#change(name, (version) => (version === undefined ? versionOf(0, []) : KEEP));
  }

  /** Of a process that died in a write nobody knows whether the database has it, or only just gets it: as of a write that begins now and whose end nobody tells. */
  #bury(name: string): Version | undefined {
    return this.#change(name, (version) => {
      if (!this.#hasDead(version)) return version === undefined ? versionOf(0, []) : KEEP;
      const { written, writers } = this.#parse(version);
      return versionOf(written, writers);
    });
  }

  /** Without room for a new version there is none: without one nothing is current, and nothing is kept. */
  #renew(name: string, change: (version: Version | undefined) => Version): void {
    if (this.#change(name, change) === undefined) this.#scope.store.delete(this.#scope.key('v', name));
  }

  /** What is there then, undefined if there is no room for it. */
  #change(name: string, change: (version: Version | undefined) => Version | typeof KEEP): Version | undefined {
    const expiresAt = Date.now() + this.#settle + IDLE;
    let version: Version | undefined;
    this.#scope.inRoom(() => {
      version = this.#scope.store.update<Version>(this.#scope.key('v', name), change, { expiresAt });
    });
    return version;
  }

  #hasDead(version: Version | undefined): boolean {
    return writersOf(version).some((writer) => !this.#scope.store.isOpenerAlive(writer));
  }

  /** Without the writers that are dead. */
  #parse(version: Version | undefined): { written: number; writers: string[] } {
    const all = writersOf(version);
    const writers = all.filter((writer) => this.#scope.store.isOpenerAlive(writer));
    return { written: writers.length < all.length ? Date.now() : writtenOf(version), writers };
  }
}

/** Whether it says of no write that it is under way. */
export function isAtRest(version: Version, settle: number): boolean {
  // The distance, so that after the clock was set back an old write doesn't lie in the future for long.
  return Math.abs(Date.now() - writtenOf(version)) >= settle && writersOf(version).length === 0;
}

const versionOf = (written: number, writers: string[]): Version => [`${written}.${randomUUID()}`, ...writers].join(' ');
const writersOf = (version: Version | undefined): string[] => (version?.includes(' ') ? version.split(' ').slice(1) : []);
const writtenOf = (version: Version | undefined): number => Number.parseInt(version ?? '0', 10);
