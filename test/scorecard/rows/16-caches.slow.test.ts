import { ciShare } from '../ci.js';
import { caches } from './16-caches.js';

ciShare(caches);
