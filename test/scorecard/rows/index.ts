// All rows, in the order of the table. Each is a file here, `<id>-<name>.ts`, and its share of `npm test` beside it, `<id>-<name>.slow.test.ts`.

import type { Row } from '../row.js';
import { powerCuts } from './1-power-cuts.js';
import { everySubset } from './2-every-subset.js';
import { lives } from './3-lives.js';
import { kills } from './4-kills.js';
import { ext4Cuts } from './5-ext4-cuts.js';
import { fullDisk } from './6-full-disk.js';
import { failedSyncs } from './7-failed-syncs.js';
import { damage } from './8-damage.js';
import { cuts } from './9-cuts.js';
import { model } from './10-model.js';
import { clockJumps } from './11-clock-jumps.js';
import { soak } from './12-soak.js';
import { mutantsRow } from './13-mutants.js';
import { history } from './14-history.js';
import { deaths } from './15-kills.js';
import { caches } from './16-caches.js';

export const rows: readonly Row[] = [
  powerCuts,
  everySubset,
  lives,
  kills,
  ext4Cuts,
  fullDisk,
  failedSyncs,
  damage,
  cuts,
  model,
  clockJumps,
  soak,
  mutantsRow,
  history,
  deaths,
  caches,
];
