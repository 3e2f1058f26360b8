// What a user gets from npm: the packed packages in an empty project (`npm run test:pack` is the same by itself).
import { expect, test } from 'vitest';
import { packInstallRun } from '../workspace/pack.mjs';

test('the packed packages install with plain npm into an empty project, beside keyv 5 and keyv 6, and run', async () => {
  expect(await packInstallRun()).toEqual(['keyv 5: ran over koffi', 'keyv 6, no install scripts: ran over koffi']);
}, 180_000);
