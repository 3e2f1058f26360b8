import { ciShare } from '../ci.js';
import { soak } from './12-soak.js';

ciShare(soak);
