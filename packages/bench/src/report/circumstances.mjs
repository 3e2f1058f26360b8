// What a figure depends on and does not show: machine, kernel, file system, versions, commit, load.
import { execFileSync } from 'node:child_process';
import { readFileSync, statfsSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

const FILE_SYSTEMS = { 61267: 'ext4', 16914836: 'tmpfs', 2435016766: 'btrfs', 1481003842: 'xfs', 801189825: 'zfs', 2035054128: 'overlayfs' };
const PACKAGES = ['lmdb', 'better-sqlite3', 'keyv', 'keyv6', '@mapstone/engine', '@mapstone/keyv'];

function git(...args) {
  try {
    return execFileSync('git', args, { cwd: new URL('.', import.meta.url), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

function version(name) {
  try {
    return JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
  } catch {
    return undefined;
  }
}

function fileSystem(dir) {
  const { type } = statfsSync(dir);
  return FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`;
}

export function circumstances({ dir, seed, warmup }) {
  return {
    date: new Date().toISOString(),
    seed,
    warmup,
    commit: git('rev-parse', 'HEAD'),
    dirty: Boolean(git('status', '--porcelain', '--', '../../../engine', '../../../keyv', '../..')),
    node: process.version,
    v8: process.versions.v8,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memory: totalmem(),
    kernel: `${platform()} ${release()} ${arch()}`,
    fileSystem: fileSystem(dir),
    load: loadavg(),
    versions: Object.fromEntries(PACKAGES.map((name) => [name, version(name)])),
  };
}

export function oneLine({ node, cpu, cores, kernel, fileSystem: fs, load, seed, commit, dirty }) {
  const where = `node ${node}, ${cores} x ${cpu}, ${kernel}, ${fs}, load ${load[0].toFixed(1)}`;
  return `${where}, seed ${seed}, commit ${commit?.slice(0, 9) ?? 'none'}${dirty ? ' with changes' : ''}`;
}
