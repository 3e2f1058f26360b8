// A load under way can be joined until it has landed or its lease is over; that it is forgotten then is what keeps one that never ends from being kept for ever.
import { afterEach, expect, it, vi } from 'vitest';
import { Flight, flightOf, LONGEST_TIMER } from '../src/flights.js';

afterEach(() => void vi.useRealTimers());

const never = new Promise<unknown>(() => undefined);
const open = () => false;

it('is forgotten when its lease is over, and tells those who joined it', async () => {
  vi.useFakeTimers();
  const forgotten = vi.fn();
  const flight = new Flight('never', never, 1000, forgotten);
  const joined = flight.join(open);
  await vi.advanceTimersByTimeAsync(999);
  expect(flightOf('never')).toBe(flight);
  await vi.advanceTimersByTimeAsync(1);
  expect(flightOf('never')).toBeUndefined();
  expect(await joined).toBeUndefined();
  flight.forget();
  expect(forgotten).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

it('is forgotten when it has landed, well or not, and its timer with it', async () => {
  vi.useFakeTimers();
  const cases: [Promise<unknown>, unknown][] = [
    [Promise.resolve(7), 7],
    [Promise.reject(new Error('no')), 'no'],
  ];
  for (const [load, wanted] of cases) {
    const forgotten = vi.fn();
    const landed = await new Flight('landed', load, 1000, forgotten).join(open);
    expect(await landed?.outcome.catch((error) => error.message)).toBe(wanted);
    expect([flightOf('landed'), vi.getTimerCount(), forgotten.mock.calls.length]).toEqual([undefined, 0, 1]);
  }
});

it('has no timer where its lease is longer than one can be', () => {
  vi.useFakeTimers();
  const flight = new Flight('long', never, LONGEST_TIMER + 1, () => undefined);
  expect(vi.getTimerCount()).toBe(0);
  flight.forget();
});
