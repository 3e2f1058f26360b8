import { ciShare } from '../ci.js';
import { model } from './10-model.js';

ciShare(model);
