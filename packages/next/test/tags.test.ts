// Two processes that revalidate one tag at the same moment, the second as the first has read what was there. And more tags than there is room for, with a kill at every step.

import { openStore } from '@mapstone/engine';
import { expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { Tags } from '../src/tags.js';

const path = tempPaths();

it('what one has expired the other, which only made it stale, leaves so', async () => {
  const store = openStore(path(), { flush: 'manual' });
  const [one, other] = [new Tags(store, 3000), new Tags(store, 3000)];
  await other.revalidate(['t'], { expire: 10 });
  const { get, update } = { get: store.get.bind(store), update: store.update.bind(store) };
  let intruded = false;
  let meanwhile: Promise<void> | undefined;
  const intrude = () => {
    if (intruded) return;
    intruded = true;
    meanwhile = other.revalidate(['t']);
  };
  vi.spyOn(store, 'get').mockImplementation((key) => {
    const found = get(key);
    intrude();
    return found;
  });
  vi.spyOn(store, 'update').mockImplementation((key, change, options) =>
    update(
      key,
      (found, entry) => {
        intrude();
        return change(found as never, entry);
      },
      options as never,
    ),
  );
  const made = Date.now();
  await one.revalidate(['t'], { expire: 1000 });
  await meanwhile;
  vi.restoreAllMocks();
  expect(one.judge(made, ['t'])).toBe('expired');
  store.close();
});

it('more tags than there is room for: a process that is killed at any step then has forgotten none', async () => {
  const at = path();
  const made = Date.now();
  for (let step = 1, killed = true; killed; step++) {
    const store = openStore(at, { flush: 'manual' });
    store.clear();
    const tags = new Tags(store, 500);
    await new Tags(store, 3000).revalidate(Array.from({ length: 10 }, (_, i) => `tag ${i}`));
    let left = step;
    for (const name of ['set', 'update', 'delete', 'deleteMany', 'batch', 'clear'] as const) {
      const take = store[name].bind(store) as (...args: unknown[]) => any;
      vi.spyOn(store, name).mockImplementation((...args: unknown[]) => {
        if (--left <= 0) throw new Error('killed');
        return take(...args);
      });
    }
    killed = await tags.revalidate(['one more', 'another']).then(
      () => false,
      () => true,
    );
    vi.restoreAllMocks();
    const after = new Tags(store, 500);
    for (const tag of ['tag 0', 'tag 7', ...(killed ? [] : ['one more', 'another'])])
      expect(after.judge(made, [tag]), `${tag} at step ${step}`).toBe('expired');
    // It goes on from there: what was revalidated takes no room any more, and what is made later is not gone.
    if (!killed) {
      expect(step).toBeGreaterThan(20);
      expect([...store.keys()].sort()).toEqual(['all', 'tag:another']);
      expect(after.judge(Date.now() + 1, ['tag 0', 'one more', 'another'])).toBe('fresh');
    }
    store.close();
  }
});

it('what another process revalidates while they are forgotten stays', async () => {
  const store = openStore(path(), { flush: 'manual' });
  await new Tags(store, 3000).revalidate(Array.from({ length: 10 }, (_, i) => `tag ${i}`));
  expect(store.stats().liveBytes).toBeGreaterThan(500);
  const tags = new Tags(store, 500);
  const later = Date.now() + 1000;
  const keys = store.keys.bind(store);
  vi.spyOn(store, 'keys').mockImplementation((options) => {
    store.set('tag:tag 7', { expired: later });
    return keys(options);
  });
  await tags.revalidate(['one more', 'another']);
  vi.restoreAllMocks();
  expect([tags.judge(later, ['tag 7']), tags.judge(later, ['tag 8'])]).toEqual(['expired', 'fresh']);
  store.close();
});
