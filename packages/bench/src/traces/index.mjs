// The traces of suite `hit-ratio`.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readTrace } from './cloudphysics.mjs';
import { generateTrace } from './zipf.mjs';

export const TRACE_FILE = fileURLToPath(new URL('../../data/cloudphysics.csv', import.meta.url));
/** The one that is recorded, not generated. */
export const RECORDED = 'cloudphysics';
const REQUESTS = 1_000_000;

/** @type {{ name: string, title: string, alpha?: number, isHard?: boolean }[]} */
export const TRACES = [
  { name: RECORDED, title: 'cloudphysics, a virtual disk' },
  ...[0.8, 1, 1.2].flatMap((alpha) => [
    { name: `zipf-${alpha.toFixed(1)}`, title: `Zipf ${alpha.toFixed(1)}`, alpha, isHard: false },
    { name: `zipf-${alpha.toFixed(1)}-hard`, title: `Zipf ${alpha.toFixed(1)}, one-hit wonders, scans`, alpha, isHard: true },
  ]),
];

/** Why a trace can't be had here, if so. */
export function absence({ name }, { trace: file = TRACE_FILE }) {
  if (name !== RECORDED || existsSync(file)) return undefined;
  return `skipped: no file ${file}; give one with the columns time,id,size by --trace`;
}

/** @returns {import('./trace.mjs').Trace} */
export function loadTrace({ name, alpha, isHard }, { file = TRACE_FILE, seed, quick }) {
  if (name === RECORDED) return readTrace(file);
  return generateTrace({ alpha, isHard, requests: quick ? 50_000 : REQUESTS, seed });
}
