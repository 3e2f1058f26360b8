// `npm run bench`: runs the suites one after the other, prints their tables, writes the figures as JSON.
// Entry point of the source tour: options -> suites/ (what runs in which order) -> spawn -> child/ (what is measured).
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readOptions, USAGE } from './options.mjs';

const RESULTS = new URL('../results/', import.meta.url);
const DOCS = new URL('../../../docs/bench/', import.meta.url);

function write(folder, file, text) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(file, folder), text);
  return fileURLToPath(new URL(file, folder));
}

async function main(options) {
  // Loaded late: `--help` and a wrong option must answer before anything is installed.
  const [
    { runThroughput },
    { runLatency },
    { runOpen },
    { runAdapters },
    { runProcesses },
    { runHitRatio },
    { runTtl },
    { describe, verdictTable },
    { circumstances, oneLine },
    { default: pc },
  ] = await Promise.all([
    import('./suites/throughput.mjs'),
    import('./suites/latency.mjs'),
    import('./suites/open.mjs'),
    import('./suites/adapters.mjs'),
    import('./suites/processes.mjs'),
    import('./suites/hit-ratio.mjs'),
    import('./suites/ttl.mjs'),
    import('./report/tables.mjs'),
    import('./report/circumstances.mjs'),
    import('picocolors'),
  ]);
  const runners = {
    throughput: () => runThroughput('throughput', options),
    keyv: () => runThroughput('keyv', options),
    keyv6: () => runThroughput('keyv6', options),
    durable: () => runThroughput('durable', options),
    latency: () => runLatency(options),
    open: () => runOpen(options),
    processes: () => runProcesses(options),
    adapters: () => runAdapters(options),
    'hit-ratio': () => runHitRatio(options),
    ttl: () => runTtl(options),
  };
  const verdicts = [];
  console.log(pc.dim(oneLine(circumstances(options))));
  for (const suite of options.suites) {
    const about = circumstances(options);
    const result = await runners[suite]();
    const told = describe(suite, result);
    console.log(told.text);
    verdicts.push(...told.verdicts);
    const json = `${JSON.stringify({ suite, ...about, ...result, verdicts: told.verdicts }, null, 2)}\n`;
    const written = [write(RESULTS, `${suite}.json`, json)];
    if (options.save) {
      const { plot } = await import('./report/plots.mjs');
      written.push(write(DOCS, `${suite}.json`, json));
      for (const [file, svg] of Object.entries(plot(suite, result, about))) written.push(write(DOCS, file, svg));
    }
    console.log(pc.dim(written.map((file) => `  ${file}`).join('\n')));
  }
  if (verdicts.length) console.log(`\n${verdictTable(verdicts)}`);
  if (options.quick) console.log(pc.yellow('\n--quick: a smoke run; these figures mean nothing.'));
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else await main(options);
} catch (error) {
  if (error.code === 'ERR_MODULE_NOT_FOUND' && error.message.startsWith('Cannot find package')) {
    console.error('The bench has dependencies of its own. Install them: npm run setup (in packages/bench).');
  } else if (error instanceof TypeError || error instanceof RangeError) {
    console.error(error.code?.startsWith('ERR_PARSE') || !error.code ? `${error.message}\n\n${USAGE}` : error.stack);
  } else console.error(error);
  process.exitCode = 1;
}
