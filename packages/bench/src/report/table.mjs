// A table in the terminal: the first column to the left, figures to the right.
import Table from 'cli-table3';
import pc from 'picocolors';

/** Rules between the rows where a row has several lines. */
export function table(head, rows, { ruled = false } = {}) {
  const made = new Table({
    head: head.map((text) => pc.bold(text)),
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: { head: [], border: pc.isColorSupported ? ['gray'] : [], compact: !ruled },
  });
  made.push(...rows);
  return made.toString();
}
