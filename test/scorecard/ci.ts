// A row's share of `npm test`. One test file a row, so that rows run side by side: `ciShare(row)` is all there is in it.

import { expect, test } from 'vitest';
import { SEED } from '../support/stores.js';
import { spellFailure } from './report.js';
import type { Row } from './row.js';

export function ciShare(row: Row): void {
  test(`row ${row.id}: ${row.title} (${row.ci.toLocaleString('en')} ${row.unit}, seed ${SEED})`, { timeout: 600_000 }, async (context) => {
    const result = await row.run({ seed: SEED, size: row.ci, done: () => undefined, stopped: () => false });
    if (result.skipped !== undefined) context.skip(result.skipped);
    expect(result.failures.map(spellFailure).join('\n\n')).toBe('');
    expect(result.failed ?? 0).toBe(0);
    expect(result.cases).toBeGreaterThanOrEqual(row.ci);
  });
}
