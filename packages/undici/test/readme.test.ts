import { readmeIsTrue } from '../../../test/support/readme.js';

readmeIsTrue(import.meta.url, { programs: 1, options: ['path', 'maxSize', 'maxCount', 'maxEntrySize', 'memorySize', 'errorCallback'] });
