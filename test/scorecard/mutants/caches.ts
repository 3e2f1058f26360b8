// Mutants of caches: what leaves the index, and what a clean close makes durable.

import type { Mutant } from './mutant.js';

export const caches: Mutant[] = [
  {
    name: 'a clean close of a cache does not sync its log',
    file: 'upkeep/session.ts',
    text: '...(core.isCache ? unflushed(core) : [])',
    replacement: '',
    breaks: 'what a clean close left is there in the next boot',
    rows: [['16', 20_000]],
    ci: true,
  },
  {
    name: 'an entry leaves the index before the intent is armed',
    file: 'store/writer.ts',
    text: '    this.beginDrop(reader);\n    this.core.index.remove();\n',
    replacement: '    this.core.index.remove();\n    this.beginDrop(reader);\n',
    breaks: 'counters are those of the index, whoever dies',
    rows: [['16', 20_000]],
  },
  {
    name: 'a dead one’s drop is not finished',
    file: 'store/apply.ts',
    text: '      if (core.isLatest(this.key.tag, control[Control.INTENT_LOCATION])) core.index.remove();\n',
    replacement: '',
    breaks: 'counters are those of the index, whoever dies',
    rows: [['16', 20_000]],
  },
  {
    name: 'a victim is freed before it is empty',
    file: 'upkeep/cleaner.ts',
    text: '        if (!(offset >= 0 && offset < length)) {\n',
    replacement: '        if (!(offset >= 0 && offset < length - 4000)) {\n',
    breaks: 'a segment is freed when nothing points into it any more',
    rows: [['16', 20_000]],
  },
  {
    name: 'a cache believes its memory after a power cut',
    file: 'store/opening.ts',
    text: '(superblock.clean || hasIdentity(control, file.identity()))',
    replacement: '(superblock.clean || superblock.mode === L.MODE_CACHE || hasIdentity(control, file.identity()))',
    breaks: 'after a power cut a cache is empty',
    rows: [['16', 20_000]],
  },
];
