const assert = require('node:assert/strict');
const { MapstoneStore, default: same } = require('@mapstone/express-session');
const session = require('express-session');

assert.equal(same, MapstoneStore);
const store = new MapstoneStore({ path: './commonjs.mapstone' });
assert.ok(store instanceof session.Store);
store.set('id', { cookie: { originalMaxAge: null }, user: 'Ada' }, () => {
  store.get('id', (error, data) => {
    assert.ifError(error);
    assert.equal(data.user, 'Ada');
    const { mapping } = store.engine.stats();
    store.close();
    console.log(`ran over ${mapping}`);
  });
});
