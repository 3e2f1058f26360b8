// The simulators, as caches.
import { Lru } from '../simulators/lru.mjs';
import { S3Fifo } from '../simulators/s3-fifo.mjs';

const POLICIES = { lru: Lru, 's3-fifo': S3Fifo };

export function open({ capacity }, variant) {
  const policy = new POLICIES[variant](capacity);
  return { request: (id, bytes) => policy.request(id, bytes) };
}
