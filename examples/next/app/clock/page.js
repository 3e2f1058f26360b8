import { cacheLife, cacheTag } from 'next/cache';
import { connection } from 'next/server';
import { noteRender } from '../../renders.mjs';

async function clock() {
  'use cache';
  cacheTag('clock');
  cacheLife('hours');
  noteRender('clock');
  return Math.random();
}

export default async function Page() {
  await connection();
  return <p id="value">{await clock()}</p>;
}
