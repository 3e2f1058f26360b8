// What the callback of `batch` notes, before any of it is done.

import { typeError } from '../errors.js';
import { describe, type SetOptions } from './arguments.js';
import { type BatchItem, deleteItem } from './batch.js';

export interface BatchOperations {
  set(key: string, value: unknown, options?: SetOptions): void;
  delete(key: string): void;
}

/** Runs `work`, once, and gives its operations in the order they were noted. Throws `TypeError` (`ERR_OPTION_INVALID`) for what is no synchronous function, and what `setItem` throws. */
export function noted(work: (operations: BatchOperations) => void, setItem: (key: string, value: unknown, options?: SetOptions) => BatchItem): BatchItem[] {
  if (typeof work !== 'function') throw typeError('ERR_OPTION_INVALID', `batch(work): work is a function, not ${describe(work)}`);
  const items: BatchItem[] = [];
  let over = false;
  const note = (item: BatchItem) => {
    if (over) throw typeError('ERR_OPTION_INVALID', 'this batch is over: note its operations before its callback returns');
    items.push(item);
  };
  const result: unknown = work({
    set: (key, value, options) => note(setItem(key, value, options)),
    delete: (key) => note(deleteItem(key)),
  });
  over = true;
  if (typeof (result as { then?: unknown } | undefined)?.then === 'function') {
    throw typeError('ERR_OPTION_INVALID', 'the callback of batch() is synchronous: it must not return a promise. Nothing was changed');
  }
  return items;
}
