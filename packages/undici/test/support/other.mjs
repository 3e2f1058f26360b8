import { MapstoneCacheStore } from '@mapstone/undici';
import { Agent, interceptors, request } from 'undici';
import { serve } from '../../../../test/support/other-process.mjs';

const [path, options] = process.argv.slice(2);
const store = new MapstoneCacheStore({ path, ...JSON.parse(options) });
const dispatcher = new Agent().compose(interceptors.cache({ store }));

async function ask(url, method = 'GET') {
  const { body } = await request(url, { dispatcher, method });
  return body.text();
}

serve({
  ask,
  async askAll(origin, from, to) {
    for (let i = from; i < to; i++) await ask(`${origin}/${i}`);
  },
});
