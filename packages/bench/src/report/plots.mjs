// The tables as SVG files. Ratios and latencies span decades: the axes are logarithmic.
import { byName } from '../contestants/index.mjs';
import { PHASES } from '../suites/throughput.mjs';
import { oneLine } from './circumstances.mjs';
import { COLOURS, draw } from './drawing.mjs';
import { plotHitRatio } from './hit-ratio.mjs';
import { digits, micros, millis } from './words.mjs';

const frame = (title, about) => ({
  title: { text: title, subtext: about, left: 16, top: 12, subtextStyle: { fontSize: 10 } },
  legend: { bottom: 8, itemWidth: 14, itemGap: 24 },
  grid: { left: 64, right: 24, top: 76, bottom: 72 },
});

/** A thin line from the slowest to the fastest run over each bar. */
function whiskers(of, index, count) {
  return {
    type: 'custom',
    silent: true,
    z: 5,
    data: of.map(({ min, max }, i) => [i, min, max]),
    encode: { x: 0, y: [1, 2] },
    renderItem(_, api) {
      const width = (api.size([1, 0])[0] * 0.8) / count;
      const middle = (index - (count - 1) / 2) * width;
      const [x, low] = api.coord([api.value(0), api.value(1)]);
      const [, high] = api.coord([api.value(0), api.value(2)]);
      return { type: 'line', shape: { x1: x + middle, y1: low, x2: x + middle, y2: high }, style: { stroke: '#222222', lineWidth: 1 } };
    },
  };
}

function ratios(suite, { n, rows }, baseline, about) {
  const shown = rows.filter(({ name }) => name !== baseline);
  const label = byName(baseline).label;
  return draw(460, {
    ...frame(`${suite}: speed as a multiple of ${label}, ${n.toLocaleString('en')} keys`, about),
    xAxis: { type: 'category', data: PHASES },
    yAxis: { type: 'log', axisLabel: { formatter: (value) => `${value}x` } },
    series: shown.flatMap(({ name, phases }, i) => [
      {
        name: byName(name).label,
        type: 'bar',
        // Named, for the whiskers are series too and would take every second colour.
        color: COLOURS[i % COLOURS.length],
        barCategoryGap: '20%',
        barGap: '0%',
        data: PHASES.map((phase) => phases[phase].ratio.median),
        label: { show: shown.length < 8, position: 'top', fontSize: 8, formatter: ({ value }) => digits(value) },
        markLine: i === 0 ? { symbol: 'none', silent: true, data: [{ yAxis: 1 }], label: { show: false }, lineStyle: { color: '#222222' } } : undefined,
      },
      whiskers(
        PHASES.map((phase) => phases[phase].ratio),
        i,
        shown.length,
      ),
    ]),
  });
}

function latencies({ n, rows }, about) {
  const points = ['p50', 'p99', 'p999', 'max'];
  return draw(460, {
    ...frame(`latency of set (insert, growth included), ${n.toLocaleString('en')} keys, one tight loop`, about),
    xAxis: { type: 'category', data: ['p50', 'p99', 'p99.9', 'max'] },
    yAxis: { type: 'log', axisLabel: { formatter: micros } },
    series: rows
      .filter(({ pace }) => pace === 'tight')
      .map(({ name, phases: { insert } }) => ({
        name: byName(name).label,
        type: 'line',
        data: points.map((point) => (point === 'max' ? insert.max.max : insert[point].median)),
        symbolSize: 7,
      })),
  });
}

function openings({ n, rows }, about) {
  return draw(360, {
    ...frame(`from open to the first get, ${n.toLocaleString('en')} keys`, about),
    xAxis: { type: 'category', data: rows.map(({ name }) => byName(name).label) },
    yAxis: { type: 'value', axisLabel: { formatter: '{value} ms' } },
    series: [
      ['clean', 'after a clean close'],
      ['killed', 'after SIGKILL'],
    ].map(([phase, name]) => ({
      name,
      type: 'bar',
      data: rows.map(({ phases }) => phases[phase].firstGetMs.median),
      label: { show: true, position: 'top', formatter: ({ value }) => millis(value) },
    })),
  });
}

/** @returns {Record<string, string>} SVG by file name */
export function plot(suite, result, about) {
  if (suite === 'hit-ratio') return plotHitRatio(result, oneLine(about));
  const plots = {};
  for (const size of result.sizes) {
    if (size.rows.length === 0) continue;
    const line = oneLine(about);
    const file = `${suite}-${size.n}.svg`;
    if (suite === 'latency') plots[file] = latencies(size, line);
    else if (suite === 'open') plots[file] = openings(size, line);
    else if (size.rows.length > 1) plots[file] = ratios(suite, size, result.baseline, line);
  }
  return plots;
}
