// bentocache's own suite for drivers.
import { test } from '@japa/runner';
import { MapstoneDriver } from '@mapstone/bentocache';
import { registerCacheDriverTestSuite } from 'bentocache/test_suite';

test.group('mapstone', (group) => {
  registerCacheDriverTestSuite({
    test,
    group,
    supportsMilliseconds: true,
    createDriver: (options) => new MapstoneDriver({ path: process.env.FILE, prefix: 'japa', ...options }),
  });
});
