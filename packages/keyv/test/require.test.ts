// CommonJS: the package's own twin (test/workspace/commonjs.mjs), over the engine that Node from 20.19 can `require`. Needs a build, as `npm test` makes one.
import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';

const path = tempPaths();
const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));

it('require gives the same names, and they work with a required Keyv', () => {
  const script = `
    const { Keyv } = require('keyv');
    const mapstone = require('@mapstone/keyv');
    const { KeyvMapstone } = require('@mapstone/keyv/store');
    const path = ${JSON.stringify(path())};
    (async () => {
      const keyv = new Keyv({ store: new mapstone.KeyvMapstone(path) });
      await keyv.set('k', 'v');
      const plain = mapstone.createKeyv({ path, namespace: 'other' });
      await plain.set('k', new Map([['a', 1]]));
      console.log(JSON.stringify({
        names: Object.keys(mapstone).filter((name) => name !== '__esModule').sort(),
        same: mapstone.default === mapstone.KeyvMapstone && KeyvMapstone === mapstone.KeyvMapstone,
        read: [await keyv.get('k'), [...await plain.get('k')]],
      }));
    })();
  `;
  const output = execFileSync(process.execPath, ['--input-type=commonjs', '-e', script], {
    cwd: packageRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(JSON.parse(output)).toEqual({ names: ['KeyvMapstone', 'closeAll', 'createKeyv', 'default'], same: true, read: ['v', [['a', 1]]] });
});
