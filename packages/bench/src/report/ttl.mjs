// Suite `ttl` told: what a cache holds beside what lives, and when and at what cost it lets go.
import pc from 'picocolors';
import { median } from '../stats.mjs';
import { table } from './table.mjs';
import { digits, mega, micros, millis } from './words.mjs';

const MOST_HELD = 1.3;
/** Of a core, at the TTL for which it was set: a sweep of 1,000,000 keys in five minutes. */
const MOST_SHARE = 0.01;
const SWEPT_MS = 300_000;

/** Held over living, at the steady state: bytes of the log where there is one, else entries. What lives is known from what was written. */
function heldOver({ samples }) {
  const steady = samples.filter(({ phase }) => phase === 'steady');
  // The first half still has what was filled in at once.
  const settled = steady.slice(steady.length >> 1);
  if (settled.length === 0) return Number.NaN;
  return median(settled.map(({ entries, living, live, log }) => (log === undefined ? entries / living : log / ((live / entries) * living))));
}

const shareOf = ({ drain }) => drain.cpuMs / drain.ms;
/** Of a core, if as much is done for a million keys that expire in five minutes; undefined of a cache that let go of little. */
function sweepShare({ drain, full, left }) {
  const removed = full.entries - left.entries;
  if (removed < full.entries / 2) return undefined;
  return ((drain.cpuMs / removed) * 1_000_000) / SWEPT_MS;
}
const percent = (share) => `${digits(share * 100)}%`;
const outside = ({ full: { file, server } }) => (file === undefined && server === undefined ? '' : mega(file ?? server));
const judge = (text, met) => (met ? pc.green(text) : pc.red(text));

function verdictsOf(row) {
  const line = (what, value, most, unit) => ({ suite: 'ttl', label: `${row.label}: ${what}`, wanted: `<= ${most}${unit}`, value, met: value <= most });
  const share = sweepShare(row);
  const held = line('log over living bytes', heldOver(row), MOST_HELD, ' x');
  return share === undefined ? [held] : [held, line('sweeping 1,000,000 keys in 5 minutes, % of a core', share * 100, MOST_SHARE * 100, '')];
}

/** @returns {{ parts: string[], verdicts: object[] }} */
export function describeTtl({ n, meanTtl, sweepMs, rows, failed }) {
  const parts = [
    '',
    pc.bold(`ttl, ${n.toLocaleString('en')} keys, TTLs of ${[0.5, 1, 1.5].map((part) => millis(part * meanTtl)).join(', ')}, a sweep each ${millis(sweepMs)}`),
    pc.dim(
      'Held: at the steady state, over what lives; segments of the log in bytes for mapstone, entries for the others. Space back: after the last expiry, with nobody reading or writing.',
    ),
    pc.dim(
      `Own CPU: from the last write on, while all of it expires, without what looking at it costs; and that spread over ${SWEPT_MS / 1000} s for 1,000,000 keys. Pause: the longest in which the event loop stood still.`,
    ),
  ];
  if (rows.length > 0) {
    parts.push(
      table(
        ['', 'set', 'get', 'written', 'held', 'space back', 'own CPU', 'in 5 min', 'pause', 'heap', 'rss', 'file, server'],
        rows.map((row) => {
          const held = heldOver(row);
          const share = sweepShare(row);
          const own = row.name === 'engine';
          const text = `${digits(held)}x`;
          return [
            row.label,
            micros(row.setMicros),
            micros(row.getMicros),
            `${digits(row.rate.rate)}/ms`,
            own ? judge(text, held <= MOST_HELD) : text,
            row.drain.backMs === undefined ? 'not' : millis(row.drain.backMs),
            percent(shareOf(row)),
            share === undefined ? '' : own ? judge(percent(share), share <= MOST_SHARE) : percent(share),
            millis(row.drain.longestMs),
            mega(row.heapUsed),
            mega(row.rss),
            outside(row),
          ];
        }),
      ),
    );
  }
  for (const { label, reason } of failed) parts.push(pc.red(`  ${label}: failed: ${reason}`));
  const verdicts = rows.filter(({ name }) => name === 'engine').flatMap(verdictsOf);
  return { parts, verdicts };
}
