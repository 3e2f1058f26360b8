import { ciShare } from '../ci.js';
import { everySubset } from './2-every-subset.js';

ciShare(everySubset);
