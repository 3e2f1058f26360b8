// Leaves operations out of a story for as long as it still fails (delta debugging: Zeller, Hildebrandt, 2002).

const MOST_RUNS = 300;

export async function shrink<T>(story: readonly T[], fails: (story: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  let left = story;
  let runs = 0;
  for (let size = Math.ceil(story.length / 2); size >= 1 && runs < MOST_RUNS; ) {
    let shorter: readonly T[] | undefined;
    for (let at = 0; at < left.length && runs < MOST_RUNS; at += size) {
      const candidate = [...left.slice(0, at), ...left.slice(at + size)];
      runs++;
      if (!(await fails(candidate))) continue;
      shorter = candidate;
      break;
    }
    if (shorter !== undefined) left = shorter;
    else if (size === 1) break;
    else size = Math.ceil(size / 2);
  }
  return left;
}
