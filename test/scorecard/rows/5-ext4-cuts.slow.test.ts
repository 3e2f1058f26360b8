import { ciShare } from '../ci.js';
import { ext4Cuts } from './5-ext4-cuts.js';

ciShare(ext4Cuts);
