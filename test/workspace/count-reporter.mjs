// A vitest reporter: names what was skipped and why, and leaves the counts in a file for test.mjs to print last.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: unhandledErrors.length };
    const skipped = [];
    for (const module of modules) {
      // A file that can't be read, or a failing hook, has no failing test to show for it.
      if (module.errors().length > 0) count.failed++;
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === 'passed') count.passed++;
        else if (state === 'failed') count.failed++;
        else if (state === 'skipped')
          skipped.push(
            `${relative(process.cwd(), module.moduleId)} > ${test.fullName}: ${note ?? (test.options.mode === 'todo' ? 'to do' : 'no reason given')}`,
          );
        else count.failed++;
      }
    }
    if (skipped.length > 0) console.log(`${skipped.length} skipped:\n${skipped.map((line) => `  ${line}`).join('\n')}`);
    if (process.env.MAPSTONE_COUNT) writeFileSync(process.env.MAPSTONE_COUNT, JSON.stringify(count));
  }
}
