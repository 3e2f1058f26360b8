// A request with the cookie of one of 1,000 sessions, through express-session's middleware until the handler has the session: memorystore, express-session's own
// store, or ours.
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { MapstoneStore } from '@mapstone/express-session';
import session from 'express-session';

export const title = 'express-session: a request with a session, 1,000 sessions';
export const baselines = [
  { side: 'memorystore', label: 'memorystore', least: 1 },
  { side: 'own', label: 'its MemoryStore', least: 1 },
];

const SESSIONS = 1000;
const secret = 'a secret of at least thirty-two characters';
const maxAge = 3_600_000;

export async function open(dir, side) {
  const store = make(dir, side);
  for (let i = 0; i < SESSIONS; i++) {
    const cookie = new session.Cookie({ maxAge });
    await new Promise((done, failed) =>
      store.set(`session-${i}`, { cookie, user: { id: i, name: `user ${i}` }, cart: [1, 2, 3] }, (error) => (error ? failed(error) : done())),
    );
  }
  const cookies = Array.from({ length: SESSIONS }, (_, i) => `connect.sid=${encodeURIComponent(`s:session-${i}.${sign(`session-${i}`)}`)}`);
  const middleware = session({ store, secret, resave: false, saveUninitialized: false, cookie: { maxAge } });
  let next = 0;
  const hit = () => {
    const i = next++ % SESSIONS;
    const request = { headers: { cookie: cookies[i] }, url: '/', originalUrl: '/', connection: {} };
    return new Promise((done, failed) =>
      middleware(request, { writeHead() {}, end() {} }, (error) => (error ? failed(error) : done(request.session?.user?.id === i))),
    );
  };
  return { hit, close: () => store.close?.() };
}

const sign = (id) => createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');

function make(dir, side) {
  if (side === 'mapstone') return new MapstoneStore({ path: join(dir, 'sessions.mapstone') });
  if (side === 'own') return new session.MemoryStore();
  const MemoryStore = createRequire(import.meta.url)('memorystore')(session);
  return new MemoryStore({ checkPeriod: 86_400_000 });
}
