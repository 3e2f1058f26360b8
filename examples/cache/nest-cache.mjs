// @nestjs/cache-manager over a file that all instances of the application share. Run: node examples/cache/nest-cache.mjs
// In TypeScript the calls of Module, Controller, Get and UseInterceptors are decorators; the options of CacheModule are the same.

import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCacheManager } from '@mapstone/cache/cache-manager';
import { CACHE_MANAGER, CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, Module, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
let made = 0;

class Reports {
  today() {
    return { report: 'today', made: ++made };
  }
}
Controller('reports')(Reports);
UseInterceptors(CacheInterceptor)(Reports);
Get('today')(Reports.prototype, 'today', Object.getOwnPropertyDescriptor(Reports.prototype, 'today'));

/** What you copy: the stores of a cache manager over one file. */
async function start() {
  class AppModule {}
  const { stores } = createCacheManager({ path: join(directory, 'nest.cache'), maxSize: '64mb' });
  Module({ imports: [CacheModule.register({ stores, ttl: 60_000 })], controllers: [Reports] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  return app;
}

const ask = async (app) => (await fetch(`${await app.getUrl()}/reports/today`)).text();

const [first, second] = [await start(), await start()];
console.log('one instance:', await ask(first), '| another:', await ask(second));
await first.close();
await second.close();

const third = await start();
console.log('after a restart:', await ask(third));
await third.get(CACHE_MANAGER).del('/reports/today');
console.log('when it was deleted:', await ask(third));
await third.close();

rmSync(directory, { recursive: true });
