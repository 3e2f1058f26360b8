// What every adapter must do, on the cache itself. The suite `full` is left out: a cache is never full, and eviction.test.ts has what it does instead.
import { conformance } from '@mapstone/conformance';
import { test } from 'vitest';
import { open } from './adapters/cache.mjs';

conformance({ test, open, module: new URL('./adapters/cache.mjs', import.meta.url), without: ['keys'] }, [
  'works',
  'closed',
  'reopened',
  'expired',
  'concurrent',
  'hostile',
  'processes',
]);
