// A mutant: the engine with one edit that breaks a promise. If no row of the scorecard fails with it, the scorecard proves less than it says.

export interface Mutant {
  name: string;
  /** Below packages/engine/src. */
  file: string;
  /** What is edited: it must stand in the file exactly once. */
  text: string;
  replacement: string;
  /** What is no longer so. */
  breaks: string;
  /** The rows that can see it, each with the cases after which it must have. */
  rows: [id: string, cases: number][];
  /** It dies in seconds, so it is tried in every run of the tests. */
  ci?: boolean;
}

/** An edit that no row can see: listed, and not counted. */
export interface Unseen extends Omit<Mutant, 'rows' | 'ci'> {
  why: string;
}

/** The mutated source. An edit that no longer fits is an error, so that none rots unseen. */
export function mutated(source: string, { name, file, text, replacement }: Omit<Mutant, 'rows' | 'ci'>): string {
  const parts = source.split(text);
  if (parts.length !== 2) {
    throw new Error(`mutant '${name}' no longer fits: its text stands ${parts.length - 1} times in ${file}, and must once. Write it anew:\n${text}`);
  }
  return parts.join(replacement);
}
