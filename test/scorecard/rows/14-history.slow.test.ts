import { ciShare } from '../ci.js';
import { history } from './14-history.js';

ciShare(history);
