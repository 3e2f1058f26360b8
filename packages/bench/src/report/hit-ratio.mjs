// Suite `hit-ratio` told: a table and a chart a trace in the terminal, and one drawing of all as SVG.
import pc from 'picocolors';
import chart from 'simple-ascii-chart';
import { draw } from './drawing.mjs';
import { table } from './table.mjs';

/** Percentage points above S3-FIFO over objects that the project allows itself. */
const MOST_POINTS = 1.5;
const CHARTED = [
  ['s3-fifo', 'ansiGreen', '#2a9d4a'],
  ['lru', 'ansiYellow', '#e0a11f'],
  ['engine', 'ansiCyan', '#1b6ca8'],
  ['lru-cache', 'ansiRed', '#c0392b'],
];
const CHART = { width: 72, height: 12 };

const percent = (share) => `${Number((share * 100).toPrecision(3))}%`;
const ratio = (value) => value.toFixed(3);
const points = (own, other) => (own - other) * 100;
const signed = (value) => `${value < 0 ? '' : '+'}${value.toFixed(1)}`;
const rowOf = ({ rows }, name) => rows.find((row) => row.name === name);

function missRatios(trace) {
  const lru = rowOf(trace, 'lru');
  const s3 = rowOf(trace, 's3-fifo');
  const cell = ({ name }, { missRatio }, i) => {
    if (name !== 'engine' || !s3 || !lru) return ratio(missRatio);
    const over = points(missRatio, s3.sizes[i].missRatio);
    const text = `${ratio(missRatio)} ${signed(over)}`;
    return over <= MOST_POINTS && missRatio <= lru.sizes[i].missRatio ? pc.green(text) : pc.red(text);
  };
  const [{ sizes }] = trace.rows;
  return table(
    ['miss ratio', ...sizes.map(({ share, capacity }) => `${percent(share)}, ${(capacity / 1e6).toFixed(1)} MB`)],
    trace.rows.map((row) => [row.label, ...row.sizes.map((size, i) => cell(row, size, i))]),
  );
}

function sketch(trace) {
  // Where there is an LRU cache, its line is the simulated one's.
  const shown = CHARTED.filter(([name]) => rowOf(trace, name) && (name !== 'lru' || !rowOf(trace, 'lru-cache')));
  if (shown.length === 0) return '';
  return chart(
    // The steps that it draws would run into each other on a linear axis: the sizes stand at equal distances.
    shown.map(([name]) => rowOf(trace, name).sizes.map(({ missRatio }, i) => [i, missRatio])),
    {
      ...CHART,
      color: pc.isColorSupported ? shown.map(([, colour]) => colour) : undefined,
      legend: { position: 'bottom', series: shown.map(([name]) => rowOf(trace, name).label) },
      xLabel: 'size, % of the footprint',
      formatter: (value, { axis }) => (axis === 'y' ? ratio(value) : percent(trace.rows[0].sizes[value]?.share ?? 0)),
    },
  );
}

function verdictsOf(trace) {
  const [engine, s3, lru] = ['engine', 's3-fifo', 'lru'].map((name) => rowOf(trace, name));
  if (!engine || !s3 || !lru) return [];
  const worst = (other) => Math.max(...engine.sizes.map(({ missRatio }, i) => points(missRatio, other.sizes[i].missRatio)));
  const line = (what, other, most) => ({
    suite: 'hit-ratio',
    label: `${trace.title}: points above ${what}, at worst`,
    wanted: `<= ${most}`,
    value: worst(other),
    met: worst(other) <= most,
  });
  return [line('S3-FIFO of objects', s3, MOST_POINTS), line('LRU', lru, 0)];
}

/** @returns {{ parts: string[], verdicts: object[] }} */
export function describeHitRatio({ traces }) {
  const parts = ['', pc.bold('hit-ratio')];
  parts.push(
    pc.dim(
      'Share of the requests that missed. Behind mapstone: percentage points above S3-FIFO of objects of the same size; green: at most 1.5, and not above LRU.',
    ),
    pc.dim(
      'mapstone is bounded as a file, keys and index included; the others in bytes of values; CacheableMemory and node-cache in entries of mean size (node-cache refuses more); Redis in all that it holds, LRU by sampling.',
    ),
  );
  const verdicts = [];
  for (const trace of traces) {
    if (trace.rows.length > 0) {
      const about = `${trace.requests.toLocaleString('en')} requests of ${trace.objects.toLocaleString('en')} objects, ${(trace.footprint / 1e6).toFixed(0)} MB`;
      parts.push('', `${pc.bold(trace.title)}  ${pc.dim(about)}`, missRatios(trace), sketch(trace));
      verdicts.push(...verdictsOf(trace));
    }
    for (const { label, reason } of trace.failed) parts.push(pc.red(`  ${label}: failed: ${reason}`));
  }
  return { parts, verdicts };
}

const PANEL = { width: 440, height: 250, columns: 2, top: 90 };

/** @returns {Record<string, string>} SVG by file name */
export function plotHitRatio({ traces }, about) {
  const shown = traces.filter(({ rows }) => rows.length > 0);
  if (shown.length === 0) return {};
  const rows = Math.ceil(shown.length / PANEL.columns);
  const place = (i) => ({ left: 70 + (i % PANEL.columns) * (PANEL.width + 60), top: PANEL.top + 30 + Math.floor(i / PANEL.columns) * PANEL.height });
  const height = PANEL.top + rows * PANEL.height + 50;
  const series = shown.flatMap((trace, i) =>
    CHARTED.filter(([name]) => rowOf(trace, name)).map(([name, , color]) => ({
      name: rowOf(trace, name).label,
      type: 'line',
      color,
      symbolSize: name === 'engine' ? 8 : 5,
      xAxisIndex: i,
      yAxisIndex: i,
      data: rowOf(trace, name).sizes.map(({ missRatio }) => Number(missRatio.toFixed(4))),
    })),
  );
  const svg = draw(height, {
    title: [
      { text: 'Miss ratio by the size of the cache', subtext: about, left: 16, top: 12, subtextStyle: { fontSize: 10 } },
      ...shown.map(({ title }, i) => ({ text: title, left: place(i).left, top: place(i).top - 26, textStyle: { fontSize: 12 } })),
    ],
    legend: { bottom: 8, itemWidth: 14, itemGap: 24, data: [...new Set(series.map(({ name }) => name))] },
    grid: shown.map((_, i) => ({ ...place(i), width: PANEL.width - 40, height: PANEL.height - 80 })),
    xAxis: shown.map(({ rows: [{ sizes }] }, i) => ({ gridIndex: i, type: 'category', data: sizes.map(({ share }) => percent(share)) })),
    yAxis: shown.map((_, i) => ({ gridIndex: i, type: 'value', scale: true })),
    series,
  });
  return { 'hit-ratio.svg': svg };
}
