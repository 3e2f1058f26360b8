import { ciShare } from '../ci.js';
import { kills } from './4-kills.js';

ciShare(kills);
