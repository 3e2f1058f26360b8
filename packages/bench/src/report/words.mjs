// How figures are spelled, in tables and plots alike.
import pc from 'picocolors';
import { judge, targetFor } from '../targets.mjs';

/** Two or three significant digits. */
export function digits(value) {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  if (value >= 10) return value.toFixed(1);
  return value < 0.1 ? String(Number(value.toPrecision(2))) : value.toFixed(2);
}

export const rate = (perSecond) => (perSecond >= 1e6 ? `${digits(perSecond / 1e6)} M/s` : `${digits(perSecond / 1e3)} k/s`);
export const micros = (us) => (us >= 1e6 ? `${digits(us / 1e6)} s` : us >= 1000 ? `${digits(us / 1000)} ms` : `${digits(us)} us`);
export const millis = (ms) => (ms >= 1000 ? `${digits(ms / 1000)} s` : `${digits(ms)} ms`);
export const mega = (bytes) => `${Math.round(bytes / 1e6)} MB`;

/** `0.93` and, dimmed below it, the range over the runs. */
export const range = ({ min, max }) => pc.dim(`${digits(min)}-${digits(max)}`);

const limit = ({ least, most }) => (least === undefined ? `<= ${most}` : `>= ${least}`);

/** A figure with its verdict where a target was set for it: green and met, or red, missed and by what. */
export function judged(text, value, place) {
  const target = targetFor(place);
  if (!target) return text;
  return judge(target, value) ? pc.green(`${text} met`) : pc.red(`${text} missed ${limit(target)}`);
}

/** One line a target, for the list below the tables. */
export function verdict(label, value, place) {
  const target = targetFor(place);
  if (!target) return undefined;
  const met = judge(target, value);
  return { ...place, label, wanted: `${limit(target)} ${target.unit}`, value, met };
}
