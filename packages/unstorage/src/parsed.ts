// What the text of objects and arrays parses to, kept in this process's memory: unstorage parses what a driver gives it at every read, unless it is no text, and a copy
// of what was parsed before costs a fraction of that. By the text itself, so it can't be stale.

/** Of all texts whose trees are kept. */
const MAX_CHARACTERS = 4 * 2 ** 20;
const MAX_TEXTS = 10_000;
/** Parsed when it is read a second time: what is read once is parsed once, by unstorage. */
const SEEN = Symbol('seen');
/** unstorage drops such keys (destr: prototype pollution), and an escape may hide one. */
const FOR_UNSTORAGE = /__proto__|constructor|\\u/;

export class ParsedTexts {
  private readonly trees = new Map<string, unknown>();
  private characters = 0;

  /** A copy of what `text` parses to, or `text` itself, for unstorage to parse. */
  get(text: string): unknown {
    const first = text.charCodeAt(0);
    if ((first !== 0x7b && first !== 0x5b) || text.length > MAX_CHARACTERS / 4) return text; // { [
    const tree = this.trees.get(text);
    if (tree === undefined) this.keep(text, SEEN);
    else if (tree === SEEN) return this.parse(text);
    else return copy(tree);
    return text;
  }

  /** What can't be parsed, or not be copied, being too deep, stays unstorage's. */
  private parse(text: string): unknown {
    if (FOR_UNSTORAGE.test(text)) return text;
    try {
      const tree: unknown = JSON.parse(text);
      const copied = copy(tree);
      this.trees.set(text, tree);
      return copied;
    } catch {
      return text;
    }
  }

  private keep(text: string, tree: unknown): void {
    this.trees.set(text, tree);
    this.characters += text.length;
    for (const [oldest] of this.trees) {
      if (this.characters <= MAX_CHARACTERS && this.trees.size <= MAX_TEXTS) return;
      this.trees.delete(oldest);
      this.characters -= oldest.length;
    }
  }

  clear(): void {
    this.trees.clear();
    this.characters = 0;
  }
}

function copy(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map(copy);
  const copied: Record<string, unknown> = { ...node };
  for (const key of Object.keys(copied)) {
    const inner = copied[key];
    if (typeof inner === 'object' && inner !== null) copied[key] = copy(inner);
  }
  return copied;
}
