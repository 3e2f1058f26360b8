// Runs driver.mjs in Japa, the runner that bentocache's suite is written for. `FILE=<store> node run.mjs`; suite.test.ts starts it. Needs a build.
import { fileURLToPath } from 'node:url';
import { assert } from '@japa/assert';
import { configure, processCLIArgs, run } from '@japa/runner';

processCLIArgs(['--reporters=ndjson']);
configure({ files: [fileURLToPath(new URL('driver.mjs', import.meta.url))], plugins: [assert()] });
run();
