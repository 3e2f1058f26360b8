// The other process of the mapping tests: `child.ts <command> <kind> <path> [numbers]`. Says what it did by a line, then waits to be killed where the test needs that.
import { chooseMapping, type MappingChoice } from '../../src/mapping/choose.js';

const [command, kind, path, ...numbers] = process.argv.slice(2);
const [first, second] = numbers.map(Number);
const mapping = chooseMapping(kind as MappingChoice);
const say = (what: unknown) => process.stdout.write(`${what}\n`);
const wait = () => setInterval(() => {}, 1 << 30);

switch (command) {
  // Takes an exclusive lock on [first, second) and keeps it.
  case 'lock': {
    const file = mapping.open(path, { readOnly: false });
    file.map(0, 4096); // a mapping must not outlive the lock's release
    say(file.tryLock(first, second, 'exclusive'));
    wait();
    break;
  }
  // Adds one to the word at `first`, `second` times.
  case 'add': {
    const { words } = mapping.open(path, { readOnly: false }).map(0, 4096);
    for (let i = 0; i < second; i++) Atomics.add(words, first, 1);
    say('done');
    break;
  }
  case 'create':
    say(mapping.create(path, Buffer.from(`${process.pid}`), first));
    break;
  case 'store-read-only': {
    const region = mapping.open(path, { readOnly: true }).map(0, 4096);
    say(region.bytes[0]);
    region.bytes[0] = 1;
    say('alive');
    break;
  }
  // How much more V8 counts as the program's with `first` bytes mapped.
  case 'external': {
    const before = process.memoryUsage().external;
    const region = mapping.open(path, { readOnly: false }).map(0, first);
    say(process.memoryUsage().external - before + region.words[0]);
    break;
  }
  case 'allocate':
    try {
      mapping.open(path, { readOnly: false }).allocate(first, second);
      say('allocated');
    } catch (error) {
      const { code, syscall, errno, message } = error as Error & Record<string, unknown>;
      say(JSON.stringify({ code, syscall, errno, message, size: mapping.open(path, { readOnly: true }).size() }));
    }
    break;
}
