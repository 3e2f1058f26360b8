// What is said of a key that can't be one.

import { rangeError, typeError } from '../errors.js';
import { MAX_KEY_BYTES } from '../layout.js';

export function rangeErrorOrType(key: unknown): Error {
  if (typeof key !== 'string') return typeError('ERR_KEY_INVALID', `A key is a string, not ${key === null ? 'null' : `a ${typeof key}`}`);
  if (key.length === 0) return rangeError('ERR_KEY_INVALID', 'A key has at least one byte: the empty string can not be one');
  return rangeError('ERR_KEY_INVALID', `A key has at most ${MAX_KEY_BYTES} bytes (UTF-8); use a hash of a longer one`);
}
