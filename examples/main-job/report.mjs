// The table at the end. Colours only where stdout is a terminal.

import { cpus } from 'node:os';
import Table from 'cli-table3';
import pc from 'picocolors';
import { cities } from './cities.mjs';

const number = (value) => Math.round(value).toLocaleString('en');
const bytes = (value) => `${(value / 2 ** 20).toFixed(1)} MiB`;
const ms = (value) => `${value.toFixed(1)} ms`;
const ratio = (value) => pc.bold(`${value.toFixed(2)}x`);
const zero = (value) => (value === 0 ? pc.green('0') : pc.red(pc.bold(number(value))));

/** No lines between the rows. */
const CHARS = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

export function printReport({ map, own, expiry, killed, found, again }) {
  const table = new Table({ chars: CHARS, colAligns: ['left', 'right', 'right', 'right'], style: { head: [], border: [] } });
  const heading = (...cells) => table.push(cells.map((cell) => pc.bold(cell)));
  const row = (name, ...values) => table.push([name, ...values, '', '', ''].slice(0, 4));
  const part = (name) => {
    row('');
    heading(name, '', '', '');
  };

  heading(`${number(cities.length)} cities, a Keyv over`, 'Mapstone', 'a Map', 'ratio');
  for (const what of ['set', 'get']) row(`${what}, operations a second`, number(own[what]), number(map[what]), ratio(own[what] / map[what]));
  row('JavaScript heap they take', bytes(own.heap), bytes(map.heap));
  row('mapping in use', own.stats.mapping);
  row('file', bytes(own.stats.fileSize));
  row('live records in it', bytes(own.stats.liveBytes));
  row('flush of all of it', ms(own.flushMs));

  part('Expiry');
  row('entries with a ttl of 100 ms', number(expiry.stored));
  row('still there when it is over', zero(expiry.stillThere));

  part(`A writer killed with ${killed.signal}`);
  row('changes that had returned', number(killed.acknowledged));
  row('entries', number(found.entries));
  row('entries expected', number(found.expected));
  row('lost or wrong entries', zero(found.lost));
  row('findings of check()', zero(found.findings));
  row('how the new process found it', found.stats.recovery);
  row('open and first get', ms(found.openMs));
  row(`the same after a ${again.recovery} close`, ms(again.openMs));
  row('file', bytes(found.stats.fileSize));
  row('live records in it', bytes(found.stats.liveBytes));

  console.log(table.toString());
  console.log(pc.dim(`Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}`));
}
