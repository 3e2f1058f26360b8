// All rows, in the order of the table. Each is a file here, `<id>-<name>.ts`, and its share of `npm test` beside it, `<id>-<name>.slow.test.ts`.

import type { Row } from '../row.js';

export const rows: readonly Row[] = [];
