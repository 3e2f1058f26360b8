import { ciShare } from '../ci.js';
import { damage } from './8-damage.js';

ciShare(damage);
