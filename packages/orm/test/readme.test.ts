import { readmeIsTrue } from '../../../test/support/readme.js';

readmeIsTrue(import.meta.url, { programs: 3, options: ['path', 'namespace', 'global', 'config', 'settle'] });
