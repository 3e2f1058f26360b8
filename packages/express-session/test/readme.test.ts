import { readmeIsTrue } from '../../../test/support/readme.js';

readmeIsTrue(import.meta.url, { programs: 2, options: ['path', 'prefix', 'ttl', 'serializer'] });
