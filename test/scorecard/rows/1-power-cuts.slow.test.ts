import { ciShare } from '../ci.js';
import { powerCuts } from './1-power-cuts.js';

ciShare(powerCuts);
