import { readmeIsTrue } from '../../../test/support/readme.js';

readmeIsTrue(import.meta.url, {
  programs: 12,
  options: [
    ...['path', 'namespace', 'ttl', 'stale', 'staleIfError', 'negative', 'errorTtl', 'timeout', 'lease', 'jitter', 'keyStats', 'statsInterval'],
    ...['maxSize', 'maxEntries', 'objectCache', 'sweepInterval'],
  ],
});
