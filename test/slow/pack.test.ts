// What a user gets from npm: the packed packages in empty projects (`npm run test:pack` is the same by itself).
import { expect, test } from 'vitest';
import { packInstallRun } from '../workspace/pack.mjs';

test('the packed packages pass publint and arethetypeswrong, install with plain npm into empty projects beside their hosts, and run', async () => {
  const seen = await packInstallRun();
  expect(seen.slice(0, 2)).toEqual(['keyv 5: ran over koffi', 'keyv 6, no install scripts: ran over koffi']);
  // A line for each program: each says so last, when all it asserts was so.
  for (const line of seen) expect(line).toMatch(/^[\w ,-]+: ([\w ]* )?ran( over koffi)?(; ([\w ]* )?ran( over koffi)?)*$/);
}, 600_000);
