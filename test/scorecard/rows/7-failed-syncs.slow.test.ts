import { ciShare } from '../ci.js';
import { failedSyncs } from './7-failed-syncs.js';

ciShare(failedSyncs);
