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

export function keepError(error: unknown): KeptError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { code } = error as { code?: unknown };
  return { name: error.name, message: error.message, ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}) };
}

/** The same name, message and code; what it was an instance of stays in the process that threw it. */
export function restoreError({ name, message, code }: KeptError): Error {
  return Object.assign(new Error(message), { name }, code === undefined ? {} : { code });
}
