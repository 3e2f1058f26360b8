// The adapter of adapter.mjs at work. Run: node examples/adapter-template/index.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cache } from './adapter.mjs';

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
const path = join(directory, 'cache.mapstone');

const reports = new Cache({ path, namespace: 'reports', ttl: 60_000 });
const people = new Cache({ path, namespace: 'people' });

let made = 0;
const makeReport = async () => ({ number: ++made, rows: [1, 2, 3] });
const three = await Promise.all([1, 2, 3].map(() => reports.wrap('today', makeReport)));
console.log('three asked at once, the report was made', made, 'time:', three[2]);
await reports.wrap('today', makeReport);
console.log('asked again, it was made', made, 'time');

await people.set('ada', { name: 'Ada' });
await reports.clear();
console.log('reports cleared:', await reports.get('today'), '| people:', await people.get('ada'));

await reports.close();
await people.close();
rmSync(directory, { recursive: true });
