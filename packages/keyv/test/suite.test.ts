// The official suite, whole, over every way this package lets Keyv 5 hold a value.

import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite';
import { Keyv } from 'keyv';
import * as test from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { KeyvMapstone } from '../src/index.js';

const path = tempPaths();
// The suite brings a vitest of the same version, which to the compiler is another.
const runner = test as unknown as Parameters<typeof keyvTestSuite>[0];

/** Keyv as `createKeyv` sets it up. */
class SerializerOff extends Keyv {
  constructor(options: object = {}) {
    super({ serialize: undefined, deserialize: undefined, ...options });
  }
}

class AsCreateKeyv extends Keyv {
  constructor(options: object = {}) {
    super({ serialize: undefined, deserialize: undefined, ...options, useKeyPrefix: false });
  }
}

const runs = [
  { label: 'the default serializer', Class: Keyv, options: {} },
  { label: 'the serializer off', Class: SerializerOff, options: {} },
  { label: 'what createKeyv sets', Class: AsCreateKeyv, options: { useKeyPrefix: false } },
];

for (const { label, Class, options } of runs) {
  test.describe(`@keyv/test-suite with ${label}`, () => {
    const shared = path();
    // A new instance for each Keyv, never closed: 339 of them on one path, as the suite has it.
    const store = () => new KeyvMapstone({ path: shared, ...options });
    keyvTestSuite(runner, Class as typeof Keyv, store);
    keyvIteratorTests(runner, Class as typeof Keyv, store);
  });
}
