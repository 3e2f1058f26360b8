// unstorage over one file: a part that stays and a part that expires, found again after a restart. In Nitro the same two lines are
// `storage: { data: { driver: '@mapstone/unstorage', path, base: 'data' }, cache: { ... } }`. Run: node examples/unstorage/index.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mapstone from '@mapstone/unstorage';
import { createStorage } from 'unstorage';

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
const path = join(directory, 'app.mapstone');

function open() {
  const storage = createStorage({ driver: mapstone({ path, base: 'data' }) });
  storage.mount('cache', mapstone({ path, base: 'cache', ttl: 3600 }));
  return storage;
}

let storage = open();
await storage.setItem('users:ada', { name: 'Ada Lovelace' });
await storage.setItemRaw('avatars:ada', Buffer.from('not really a picture'));
await storage.setItem('cache:report', { rows: 3 });
await storage.setItem('cache:token', 'secret', { ttl: 60 });
await storage.dispose();

storage = open(); // as another process would, later
console.log('keys:', (await storage.getKeys()).sort().join(' '));
console.log('user:', await storage.getItem('users:ada'));
console.log('avatar:', (await storage.getItemRaw('avatars:ada')).toString());
console.log('the token has about', Math.round((await storage.getMeta('cache:token')).ttl), 'seconds left');

await storage.clear('cache');
console.log('when the cache is cleared:', (await storage.getKeys()).sort().join(' '));

await storage.dispose();
rmSync(directory, { recursive: true });
