// A Keyv whose data is in one file: written, closed, opened again. Run: node examples/keyv-basic.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyv } from '@mapstone/keyv';

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
const path = join(directory, 'app.mapstone'); // yours: any path on a local disk

// Values come back as what they went in: no JSON in between.
let users = createKeyv({ path, namespace: 'users' });
await users.set('ada', { name: 'Ada Lovelace', born: new Date('1815-12-10'), languages: new Set(['English', 'French']) });
await users.setMany([
  { key: 'grace', value: { name: 'Grace Hopper' } },
  { key: 'linus', value: { name: 'Linus Torvalds' } },
]);
await users.delete('linus');
await users.disconnect();

// Another time, maybe another process.
users = createKeyv({ path, namespace: 'users' });
console.log(await users.get('ada'));
console.log(await users.getMany(['grace', 'linus']));
console.log('has ada:', await users.has('ada'));

// Other namespaces of the same file share one engine, and nothing else.
const orders = createKeyv({ path, namespace: 'orders' });
await orders.set('1', 'a compiler');
await users.clear();
console.log('after users.clear():', await users.get('ada'), '|', await orders.get('1'));

// What Keyv has no word for is on the engine's handle.
const { entries, mapping, fileSize } = orders.store.engine.stats();
console.log({ entries, mapping, fileSize });

await users.disconnect();
await orders.disconnect();
rmSync(directory, { recursive: true });
