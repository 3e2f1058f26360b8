// Who is here today: each contestant opens, writes and reads one entry in a child before anything is measured.
// One that can't is listed with the reason and never fails the run.
import { byName } from '../contestants/index.mjs';
import { run } from '../spawn.mjs';

const ABSENT = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);

/** Why a contestant can't take part, in a line. */
export function reasonOf({ code, message }) {
  const [line] = message.split('\n');
  if (ABSENT.has(code)) return line.includes('mapstone') || line.includes('/dist/') ? 'not built' : 'not installed';
  if (line.includes('Could not locate the bindings')) return 'not installed (did not compile)';
  return code ? `${code}: ${line}` : line;
}

/** Asked once, however many suites a contestant is in. */
const answers = new Map();

function ask(name, options) {
  const answer = answers.get(name) ?? run({ task: 'probe', contestant: name }, options.dir).then(() => undefined, reasonOf);
  answers.set(name, answer);
  return answer;
}

const chosen = (name, only) => !only || only.some((start) => name.startsWith(start));

/**
 * @param {{ baseline: string, names: string[] }} field
 * @returns {Promise<{ present: object[], absent: { name, label, reason }[] }>} without the baseline
 */
export async function callTheField({ baseline, names }, options) {
  const present = [];
  const absent = [];
  for (const name of names) {
    if (name === baseline || !chosen(name, options.only)) continue;
    const contestant = byName(name);
    const trouble = await ask(name, options);
    if (trouble) absent.push({ name, label: contestant.label, reason: trouble });
    else present.push(contestant);
  }
  return { present, absent };
}
