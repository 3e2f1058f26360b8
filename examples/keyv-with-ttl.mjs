// Entries that expire: also on disk, also after a restart, and without a timer per key. Run: node examples/keyv-with-ttl.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKeyv } from '@mapstone/keyv';

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
const path = join(directory, 'sessions.mapstone');

let sessions = createKeyv(path, { ttl: 60_000 }); // for entries that name none, milliseconds
await sessions.set('short', 'gone soon', 1_000);
await sessions.set('default', 'a minute');
await sessions.set('forever', 'never expires', 0);

const show = async (when) => {
  const keys = ['short', 'default', 'forever'];
  const there = await Promise.all(keys.map((key) => sessions.has(key)));
  console.log(`${when}:`, keys.filter((_, i) => there[i]).join(', '));
};
await show('at once');

// The instant of expiry is kept beside the value, so a restart changes nothing.
await sessions.disconnect();
sessions = createKeyv(path, { ttl: 60_000 });
await show('after a restart');

await sleep(1_050);
await show('a second later');

// The engine knows the instant; keys there begin with the namespace.
const { engine } = sessions.store;
console.log('default expires in about', Math.round((engine.expiresAt('keyv:default') - Date.now()) / 1000), 's');
console.log('forever expires at', engine.expiresAt('keyv:forever'));

// A longer life without writing the value again.
engine.touch('keyv:default', { ttl: 3_600_000 });
console.log('default expires in about', Math.round((engine.expiresAt('keyv:default') - Date.now()) / 1000), 's');

await sessions.disconnect();
rmSync(directory, { recursive: true });
