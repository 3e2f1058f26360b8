import { ciShare } from '../ci.js';
import { fullDisk } from './6-full-disk.js';

ciShare(fullDisk);
