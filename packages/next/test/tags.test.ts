// Two processes that revalidate one tag at the same moment, the second as the first has read what was there.

import { openStore } from '@mapstone/engine';
import { expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { Tags } from '../src/tags.js';

const path = tempPaths();

it('what one has expired the other, which only made it stale, leaves so', async () => {
  const store = openStore(path(), { flush: 'manual' });
  const [one, other] = [new Tags(store), new Tags(store)];
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
