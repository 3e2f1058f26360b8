// The protocol of many processes, every interleaving at small scale: the writer lock, take-over and repair, and what readers see. Each process may die between any two steps.
// A read is right if it answers with what the store held at some moment of it: so nothing that was never written, nothing older after newer, no half batch, no miss of what is there.

import { describe, expect, test } from 'vitest';
import { type Entry, enter, explore, type Operation, type Program, Violation } from './explore.js';
import { RULES, type Rule, SPARE } from './rules.js';
import { model, SCENARIOS, type ScenarioName } from './scenarios.js';

const ruleCases = Object.entries(RULES).map(([rule, { instead, scenario }]) => ({ rule: rule as Rule, instead, scenario: scenario as ScenarioName }));
const spareCases = Object.entries(SPARE).map(([rule, { instead, scenario }]) => ({ rule: rule as Rule, instead, scenario: scenario as ScenarioName }));

const spell = (violation: { what: string; trace: string[] } | undefined) => violation && [violation.what, ...violation.trace].join('\n  ');

describe('the protocol', { timeout: 120_000 }, () => {
  test.each(Object.keys(SCENARIOS) as ScenarioName[])('%s: no interleaving breaks it', (name) => {
    const { violation, states, ends } = explore(model(name));
    expect(spell(violation)).toBeUndefined();
    // It was looked at whole, and something happened in it.
    expect(states).toBeGreaterThan(1000);
    expect(ends).toBeGreaterThan(0);
  });
});

describe('the checker finds the protocol without one of its rules', { timeout: 120_000 }, () => {
  test.each(ruleCases)('$rule; else $instead', ({ rule, scenario }) => {
    const { violation } = explore(model(scenario, rule));
    expect(violation?.what).toEqual(expect.any(String));
  });

  test.each(spareCases)('not needed, but kept: $rule; else $instead', ({ rule, scenario }) => {
    expect(spell(explore(model(scenario, rule)).violation)).toBeUndefined();
  });
});

describe('the checker', () => {
  const adder = function* (): Program {
    const seen = yield { name: 'load', run: (memory) => memory[0] };
    yield { name: 'store', run: (memory) => (memory[0] = seen + 1) };
    return undefined;
  };
  const two = (program: () => Program, wanted: number) => ({
    programs: { program },
    processes: [
      { name: 'A', start: enter('program') },
      { name: 'B', start: enter('program') },
    ],
    memory: new Uint8Array(1),
    atEnd(memory: Uint8Array) {
      if (memory[0] !== wanted) throw new Violation(`${memory[0]}, not ${wanted}`);
    },
  });

  test('loses an update that is not atomic, by the shortest way', () => {
    const { violation } = explore(two(adder, 2));
    expect(violation).toEqual({ what: '1, not 2', trace: expect.arrayContaining(['A: load', 'B: load']) });
    expect(violation?.trace).toHaveLength(4);
  });

  test('visits each state once, and the same ones each time', () => {
    const atomic = function* (): Program {
      yield { name: 'add', run: (memory) => ++memory[0] };
      return undefined;
    };
    // Both before, the one after, the other after, both after.
    expect(explore(two(atomic, 2))).toEqual({ states: 4, steps: 4, ends: 1 });
    expect(explore(model('two keys of one tag'))).toEqual(explore(model('two keys of one tag')));
  });

  test('sees who goes round for ever', () => {
    const waits = function* (): Generator<Operation, Entry | undefined, number> {
      return (yield { name: 'load', run: (memory) => memory[0] }) === 1 ? undefined : enter('program');
    };
    expect(explore(two(waits, 0)).violation?.what).toMatch('round for ever');
  });
});
