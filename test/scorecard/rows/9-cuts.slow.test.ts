import { ciShare } from '../ci.js';
import { cuts } from './9-cuts.js';

ciShare(cuts);
