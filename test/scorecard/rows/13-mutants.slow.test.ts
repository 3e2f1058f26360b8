import { ciShare } from '../ci.js';
import { mutantsRow } from './13-mutants.js';

ciShare(mutantsRow);
