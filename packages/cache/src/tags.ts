// Tags by version: each tag has an entry with a version drawn at random, and what names the tag keeps the version it had. To invalidate is to delete that entry:
// the next version is another one, as no draw repeats. So a tag's entry may be evicted at any time: what named it is invalid then, and never comes back.

import { randomUUID } from 'node:crypto';
import type { Store } from '@mapstone/engine';
import type { Names } from './names.js';

const NONE: readonly string[] = [];

export class Tags {
  readonly #store: Store;
  readonly #names: Names;

  constructor(store: Store, names: Names) {
    this.#store = store;
    this.#names = names;
  }

  /** Tags with the versions they have now, in turn; those that have none are given one. */
  versions(tags: readonly string[]): readonly string[] {
    if (tags.length === 0) return NONE;
    return tags.flatMap((tag) => [tag, this.#version(tag)]);
  }

  #version(tag: string): string {
    const name = this.#names.tag(tag);
    return this.#store.get<string>(name) ?? (this.#store.update<string>(name, (version) => version ?? randomUUID()) as string);
  }

  /** Whether none of the tags has been invalidated since. */
  areCurrent(versions: readonly string[]): boolean {
    for (let i = 0; i < versions.length; i += 2) if (this.#store.get(this.#names.tag(versions[i])) !== versions[i + 1]) return false;
    return true;
  }

  invalidate(tags: readonly string[]): void {
    this.#store.deleteMany(tags.map((tag) => this.#names.tag(tag)));
  }
}
