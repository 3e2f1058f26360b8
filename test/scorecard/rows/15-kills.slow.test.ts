import { ciShare } from '../ci.js';
import { deaths } from './15-kills.js';

ciShare(deaths);
