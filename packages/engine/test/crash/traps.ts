// A process that dies between any two stores to the mapped file: every word that the engine stores passes a trap, and the trap takes the picture that the
// page cache would show at that moment. (Bytes of values are copied in one piece, before anything points at them.)

import type { SimulatedDisk } from '../../../../test/support/simulated-mapping.js';
import type { MappedFile, Mapping } from '../../src/mapping/mapping.js';
import type { Store } from '../../src/store/store.js';

export class Traps {
  /** Stores that still pass; after the last of them the picture is taken. */
  left = Number.POSITIVE_INFINITY;
  stores = 0;
  picture: Buffer | undefined;
  private readonly disk: SimulatedDisk;

  constructor(disk: SimulatedDisk) {
    this.disk = disk;
  }

  private stored(): void {
    this.stores++;
    if (--this.left === 0) this.picture = this.disk.contents;
  }

  private watch<Words extends Int32Array | Float64Array>(words: Words): Words {
    const { stored } = this;
    const trap = stored.bind(this);
    return new Proxy(words, {
      get(target, name) {
        const found = Reflect.get(target, name, target);
        return typeof found === 'function' ? found.bind(target) : found;
      },
      set(target, name, value) {
        (target as Int32Array)[name as unknown as number] = value;
        trap();
        return true;
      },
    });
  }

  /** The disk, with the words of all its mappings watched. */
  get mapping(): Mapping {
    const { disk } = this;
    const watch = this.watch.bind(this) as Traps['watch'];
    return {
      kind: 'simulated',
      exists: () => disk.exists(),
      fileId: () => disk.fileId(),
      create: (path, head, size) => disk.create(path, head, size),
      open(path, options): MappedFile {
        const file = disk.open(path, options);
        return {
          ...file,
          map(offset, length) {
            const region = file.map(offset, length);
            return { ...region, words: watch(region.words), doubles: watch(region.doubles) };
          },
        };
      },
    };
  }

  /** The control block is a view that the engine makes itself: it is put under watch in all who hold it. */
  watchControl(store: Store): void {
    const { core, writer } = (store as unknown as { engine: { core: any; writer: any } }).engine;
    const control = this.watch(core.control as Int32Array);
    const doubles = this.watch(core.space.controlDoubles as Float64Array);
    for (const holder of [core, core.space, core.index, writer.steps]) {
      if ('control' in holder) holder.control = control;
      if ('controlDoubles' in holder) holder.controlDoubles = doubles;
    }
  }
}
