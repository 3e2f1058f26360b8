import { ciShare } from '../ci.js';
import { clockJumps } from './11-clock-jumps.js';

ciShare(clockJumps);
