// The tables in the terminal: one row a contestant, one column a phase, targets listed below with met or missed.
import pc from 'picocolors';
import { byName } from '../contestants/index.mjs';
import { median } from '../stats.mjs';
import { PHASES as LATENCIES } from '../suites/latency.mjs';
import { PHASES as OPENINGS } from '../suites/open.mjs';
import { PHASES } from '../suites/throughput.mjs';
import { describeHitRatio } from './hit-ratio.mjs';
import { table } from './table.mjs';
import { describeTtl } from './ttl.mjs';
import { digits, judged, mega, micros, millis, range, rate, verdict } from './words.mjs';

const label = (name) => byName(name).label;

function throughputTable(suite, baseline, { n, rows }) {
  const runs = Math.max(...rows.filter(({ name }) => name !== baseline).map((row) => row.runs));
  return table(
    ['', ...PHASES, 'close', 'heap', 'rss'],
    rows.map((row) => [
      row.name === baseline ? pc.bold(label(row.name)) : label(row.name) + (row.runs < runs ? pc.dim(`\n${row.runs} run${row.runs > 1 ? 's' : ''}`) : ''),
      ...PHASES.map((phase) => {
        const { perSecond, ratio } = row.phases[phase];
        if (!ratio) return rate(perSecond.median);
        const text = judged(`${digits(ratio.median)}x`, ratio.median, { suite, n, name: row.name, phase });
        return `${text}\n${range(ratio)}\n${pc.dim(rate(perSecond.median))}`;
      }),
      millis(row.closeMs.median),
      mega(row.heapUsed.median),
      mega(row.rss.median),
    ]),
    { ruled: true },
  );
}

function throughputVerdicts(suite, { n, rows }) {
  return rows
    .flatMap((row) =>
      PHASES.map((phase) => {
        const { ratio } = row.phases[phase];
        return ratio && verdict(`${label(row.name)}: ${phase}, ${n.toLocaleString('en')} keys`, ratio.median, { suite, n, name: row.name, phase });
      }),
    )
    .filter(Boolean);
}

function latencyTable({ n, rows }) {
  return table(
    ['', 'loop', 'phase', 'p50', 'p99', 'p99.9', 'max', 'p99.9 / p50', 'own p99.9', 'max', 'p99.9 / p50'],
    rows.flatMap(({ name, pace, phases }) =>
      LATENCIES.map((phase, i) => {
        const { p50, p99, p999, max, tail, own } = phases[phase];
        const text = judged(`${digits(own.tail)}x`, own.tail, { suite: 'latency', n, name, phase });
        return [
          i === 0 ? label(name) : '',
          i === 0 ? pace : '',
          phase,
          ...[p50, p99, p999].map(({ median }) => micros(median)),
          micros(max.max),
          `${digits(tail.median)}x ${range(tail)}`,
          micros(own.p999),
          micros(own.max),
          text,
        ];
      }),
    ),
  );
}

function latencyVerdicts({ n, rows }) {
  return rows
    .flatMap(({ name, pace, phases }) =>
      LATENCIES.map((phase) =>
        verdict(`${label(name)}: own p99.9 of ${phase}, ${pace}, ${n.toLocaleString('en')} keys`, phases[phase].own.tail, { suite: 'latency', n, name, phase }),
      ),
    )
    .filter(Boolean);
}

function openTable({ n, rows }) {
  return table(
    ['', 'after', 'open', 'to first get', 'import', 'process start to first get'],
    rows.flatMap(({ name, phases }) =>
      OPENINGS.map((phase, i) => {
        const { openMs, firstGetMs, importMs, sinceProcessStartMs } = phases[phase];
        return [
          i === 0 ? label(name) : '',
          phase === 'clean' ? 'clean close' : 'SIGKILL',
          millis(openMs.median),
          `${judged(millis(firstGetMs.median), firstGetMs.median, { suite: 'open', n, name, phase })} ${range(firstGetMs)}`,
          millis(importMs.median),
          millis(sinceProcessStartMs.median),
        ];
      }),
    ),
  );
}

function openVerdicts({ n, rows }) {
  return rows
    .flatMap(({ name, phases }) =>
      OPENINGS.map((phase) =>
        verdict(`${label(name)}: ms to the first get, ${phase}, ${n.toLocaleString('en')} keys`, phases[phase].firstGetMs.median, {
          suite: 'open',
          n,
          name,
          phase,
        }),
      ),
    )
    .filter(Boolean);
}

function adaptersTable(rows) {
  return table(
    ['', 'a hit', 'held against', 'its hit', 'times as fast', ''],
    rows.map(({ title, label: against, least, base, own, ratio }) => [
      title,
      micros(own),
      against,
      micros(base),
      `${digits(ratio.median)}x ${range(ratio)}`,
      ratio.median >= least ? pc.green('met') : pc.red(`missed >= ${least}`),
    ]),
  );
}

const WANTED = { two: 1.95, beside: 0.9 };

function crowdTable(rows) {
  const ratio = (value, name, least) => {
    const text = `${digits(value.median)}x ${range(value)}`;
    if (!name.startsWith('engine')) return text;
    return `${text} ${value.median >= least ? pc.green('met') : pc.red(`missed >= ${least}`)}`;
  };
  return table(
    ['', 'one reader', 'two readers', 'a reader beside a writer', 'beside one elsewhere', 'that writer'],
    rows.map(({ name, alone, two, beside, apart, writer }) => [
      label(name),
      rate(alone.median),
      ratio(two, name, WANTED.two),
      ratio(beside, name, WANTED.beside),
      apart === undefined ? '' : `${digits(apart.median)}x ${range(apart)}`,
      rate(writer.median),
    ]),
  );
}

function pairTable(ratios) {
  return table(
    ['', 'own', 'other', 'times as fast', ''],
    ratios.map(({ what, own, base, ratio, least }) => [
      what,
      rate(own.median),
      rate(base.median),
      `${digits(ratio.median)}x ${range(ratio)}`,
      ratio.median >= least ? pc.green('met') : pc.red(`missed >= ${least}`),
    ]),
  );
}

function processVerdicts({ n, rows, ratios }) {
  const suite = 'processes';
  const line = (what, value, least) => ({ suite, label: what, wanted: `>= ${least} x`, value, met: value >= least });
  return [
    ...rows
      .filter(({ name }) => name.startsWith('engine'))
      .flatMap(({ name, two, beside }) => [
        line(`${label(name)}: two readers against one, ${n.toLocaleString('en')} keys`, two.median, WANTED.two),
        line(`${label(name)}: a reader beside a writer, against it alone`, beside.median, WANTED.beside),
      ]),
    ...ratios.map(({ what, ratio, least }) => line(what, ratio.median, least)),
  ];
}

const NOTES = {
  processes:
    'Each reader and writer is a process of its own. Two readers: both together, over one alone just before. Beside a writer: over alone; elsewhere: of another store. Medians over the runs, range. A Map each: what the machine gives to processes that share nothing.',
  adapters: 'A hit through the adapter, its host around it, beside the same through the store it replaces, in the same pair. Medians over the runs, range.',
  throughput: 'Ratio to the Map that ran just before in the same pair (above 1x: faster), median over the runs; range; operations a second.',
  keyv: 'Ratio to Keyv over a Map with its default serializer, in the same pair; every call awaited. Range; operations a second.',
  keyv6: 'Ratio to Keyv 6 over a Map with its default serializer, in the same pair; every call awaited. Range; operations a second.',
  durable: 'Every write is on disk before it returns. Ratio to a Map, range, operations a second.',
  latency:
    'Medians over the runs, the largest maximum. Own: of what each operation takes in the median of the runs, all of which do the same. Clock included in the percentiles, taken off in p99.9 / p50.',
  open: 'A fresh process each; file in the page cache. 1,000 sampled keys are read back each time.',
};

const waiting = (share) => `Waiting for a CPU that other programs had: ${Math.round(share * 100) || 0}% of the time; taken off the figures unless --wall.`;

/** Where stalls hit more than one operation in a thousand, p99.9 is theirs. */
function machineAlone(rows) {
  const over = (field) => median(rows.map((row) => row[field].median));
  const [clock, stalls, stall] = [over('clock'), over('stallsPerSecond'), over('stall')];
  return `The loop without a store: ${micros(clock)} a step, stopped ${digits(stalls)} times a second for more than 3 us (median ${micros(stall)}): one operation in a thousand, if each takes ${micros(1000 / stalls)}.`;
}

/** @returns {{ text: string, verdicts: object[] }} */
export function describe(suite, result) {
  const parts = [];
  const verdicts = [];
  if (suite === 'adapters') {
    const { rows, failed } = result;
    parts.push('', pc.bold('adapters'), pc.dim(NOTES.adapters), adaptersTable(rows));
    for (const { name, reason } of failed) parts.push(pc.red(`  ${name}: failed: ${reason}`));
    for (const { title, label: against, least, ratio } of rows)
      verdicts.push({ suite, label: `${title} against ${against}`, wanted: `>= ${least} x`, value: ratio.median, met: ratio.median >= least });
  }
  if (suite === 'processes') {
    const { n, rows, ratios, failed } = result;
    parts.push('', pc.bold(`processes, ${n.toLocaleString('en')} keys`), pc.dim(NOTES.processes), crowdTable(rows), pairTable(ratios));
    for (const { name, reason } of failed) parts.push(pc.red(`  ${label(name)}: failed: ${reason}`));
    verdicts.push(...processVerdicts(result));
  }
  const own = { 'hit-ratio': describeHitRatio, ttl: describeTtl }[suite]?.(result);
  if (own) {
    parts.push(...own.parts);
    verdicts.push(...own.verdicts);
  }
  for (const size of result.sizes) {
    parts.push('', pc.bold(`${suite}, ${size.n.toLocaleString('en')} keys`));
    if (suite === 'latency') {
      parts.push(pc.dim(NOTES.latency), pc.dim(machineAlone(size.rows)), latencyTable(size));
      verdicts.push(...latencyVerdicts(size));
    } else if (suite === 'open') {
      parts.push(pc.dim(NOTES.open), openTable(size));
      verdicts.push(...openVerdicts(size));
    } else {
      parts.push(pc.dim(NOTES[suite]), pc.dim(waiting(size.waited)), throughputTable(suite, result.baseline, size));
      verdicts.push(...throughputVerdicts(suite, size));
    }
    for (const { name, reason } of size.failed) parts.push(pc.red(`  ${label(name)}: failed: ${reason}`));
  }
  for (const { label: who, reason } of result.absent) parts.push(pc.yellow(`  ${who}: ${reason}`));
  return { text: parts.join('\n'), verdicts };
}

export function verdictTable(verdicts) {
  return table(
    ['target', 'wanted', 'measured', ''],
    verdicts.map(({ label: what, wanted, value, met }) => [what, wanted, digits(value), met ? pc.green('met') : pc.red('missed')]),
  );
}
