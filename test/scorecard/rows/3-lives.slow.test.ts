import { ciShare } from '../ci.js';
import { lives } from './3-lives.js';

ciShare(lives);
