// All mutants, and the edits that no row can see.

import { durability } from './durability.js';
import { memory } from './memory.js';
import type { Mutant, Unseen } from './mutant.js';

export const mutants: readonly Mutant[] = [...durability, ...memory];

export const unseen: readonly Unseen[] = [];
