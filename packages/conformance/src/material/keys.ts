// Keys that hurt adapters which use them as paths, prefixes, properties or anything but names. All differ, and each must name an entry of its own.
export const hostileKeys: readonly string[] = [
  'a:b',
  'a::b',
  ':',
  'a/b',
  '/',
  '/etc/passwd',
  '..',
  '../..',
  '.',
  'a\\b',
  'a b',
  ' ',
  'a%2Fb',
  'a*b?',
  '[a]',
  '\0',
  'a\0b',
  '\n',
  '\ud800',
  'a\udc00b',
  'ü',
  // The same letter, composed and not.
  'u\u0308',
  '漢😀',
  '__proto__',
  'constructor',
  'toString',
  'undefined',
  'null',
  '0',
  'x'.repeat(10_000),
];

/** Keys that no store of 64 KiB keys can hold: kept, or refused. */
export const impossibleKeys: readonly string[] = ['', 'x'.repeat(2 ** 16 + 1), 'ü'.repeat(2 ** 15 + 1)];
