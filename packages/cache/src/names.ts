// Under which keys a cache keeps what it keeps. A namespace is percent-encoded, so it holds no ':', '#' or '$': two namespaces never meet, nor do entries,
// tags and counts of one.

import { typeError } from './errors.js';

export class Names {
  /** Before every key of an entry. */
  readonly prefix: string;
  readonly stats: string;
  private readonly tagPrefix: string;

  constructor(namespace: string) {
    const encoded = encodeURIComponent(namespace);
    this.prefix = `${encoded}:`;
    this.tagPrefix = `${encoded}#`;
    this.stats = `${encoded}$stats`;
  }

  entry(key: string): string {
    if (typeof key !== 'string' || key === '')
      throw typeError('ERR_KEY_INVALID', `a key is a string that is not empty, not ${typeof key === 'string' ? "''" : typeof key}`);
    return this.prefix + key;
  }

  tag(tag: string): string {
    return this.tagPrefix + tag;
  }

  /** The key of an entry's name; `undefined` for what is not an entry of this cache. */
  keyOf(name: string): string | undefined {
    return name.startsWith(this.prefix) ? name.slice(this.prefix.length) : undefined;
  }
}
