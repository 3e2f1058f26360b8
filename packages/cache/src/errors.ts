// The codes of this package, beside the engine's, which pass through it as they are.

/** A value was not made within `timeout`, and there is no old one. */
export type CacheErrorCode = 'ERR_CACHE_TIMEOUT';

export class CacheError extends Error {
  override readonly name: string = 'CacheError';
  readonly code: CacheErrorCode;

  constructor(code: CacheErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Misuse by the caller, with the engine's codes for it. */
export function typeError(code: 'ERR_OPTION_INVALID' | 'ERR_KEY_INVALID' | 'ERR_VALUE_INVALID', message: string): TypeError {
  return Object.assign(new TypeError(message), { code });
}

/** A number out of its range. */
export function rangeError(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: 'ERR_OPTION_INVALID' });
}

/** An error as it is kept in the store, for who waits in another process. */
export interface KeptError {
  name: string;
  message: string;
  code?: string | number;
}

/** Characters of each of its parts: an error must have room in any cache. */
const LONGEST_PART = 4096;

/** Of whatever was thrown, also where its parts are no strings, or can't be read: one that could not be kept would keep those who wait waiting. */
export function keepError(error: unknown): KeptError {
  if (!(error instanceof Error)) return { name: 'Error', message: textOf(() => error, 'an error that has no text') };
  const kept = { name: textOf(() => error.name, 'Error'), message: textOf(() => error.message, '') };
  const code = codeOf(error);
  return code === undefined ? kept : { ...kept, code };
}

function codeOf(error: Error & { code?: unknown }): string | number | undefined {
  try {
    const { code } = error;
    if (typeof code === 'number') return code;
    return typeof code === 'string' ? textOf(() => code, '') : undefined;
  } catch {
    return undefined;
  }
}

function textOf(part: () => unknown, otherwise: string): string {
  try {
    return String(part()).slice(0, LONGEST_PART).toWellFormed();
  } catch {
    return otherwise;
  }
}

/** The same name, message and code; what it was an instance of stays in the process that threw it. */
export function restoreError({ name, message, code }: KeptError): Error {
  return Object.assign(new Error(message), { name }, code === undefined ? {} : { code });
}

/** Who closed the cache during a load knows that nothing is stored. */
export function isClosed(error: unknown): boolean {
  return (error as { code?: string } | undefined)?.code === 'ERR_STORE_CLOSED';
}

/** What the caller must hear of: not the store's troubles, but what it did wrong itself. */
export function isMisuse(error: unknown): boolean {
  return error instanceof TypeError || isClosed(error) || (error as { code?: string } | undefined)?.code === 'ERR_KEY_INVALID';
}
