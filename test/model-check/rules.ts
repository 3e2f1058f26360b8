// The rules of the protocol, each of which can be dropped, and the scenario in which the checker misses it.

import type { ScenarioName } from './scenarios.js';

interface Dropped {
  /** What is done instead. */
  instead: string;
  scenario: ScenarioName;
}

export const RULES = {
  'the kernel says that a holder is dead': {
    instead: 'the lock is taken from who took long',
    scenario: 'a writer that may die, another, and one that opens on its slot',
  },
  'a dead holder is replaced by compare-exchange': { instead: 'by a plain store', scenario: 'a writer that may die, another, and one that opens on its slot' },
  'the lock word has a generation': { instead: 'a slot has always the same word', scenario: 'a writer that may die, another, and one that opens on its slot' },
  'whoever takes over repairs by the intent record': {
    instead: 'what was half done is left so',
    scenario: 'a writer that may die, another, and one that opens on its slot',
  },
  'the intent record holds values, not differences': { instead: 'repair counts once more', scenario: 'two writers that may die, and one that does not' },
  'the intent record is armed before the first change': { instead: 'after the slot was changed', scenario: 'two writers that may die, and one that does not' },
  'the lock’s new holder reads again what others changed': {
    instead: 'it goes on with what it remembers',
    scenario: 'two writers that may die, and one that does not',
  },
  'a record is written before its slot points at it': { instead: 'the slot first', scenario: 'a place that is used again while it is read' },
  'a version is bumped after the slot changed': { instead: 'before', scenario: 'a place that is used again while it is read' },
  'a version is bumped before a place is freed and used again': { instead: 'at the end of the hold', scenario: 'a place that is used again while it is read' },
  'repair bumps the version': { instead: 'it changes the slot only', scenario: 'a place that is used again while it is read' },
  'a bucket is odd while one slot is changed': {
    instead: 'its version goes up by two, after the change',
    scenario: 'an object cache, and a writer that may die',
  },
  'a split publishes the count before it purges': { instead: 'after', scenario: 'a split while what moves is read and written' },
  'the target of a split is filled before it is published': { instead: 'after', scenario: 'a split while what moves is read and written' },
  'the buckets of a batch are odd at one time': {
    instead: 'each is made odd, changed and made even in its turn',
    scenario: 'a batch over two buckets while both keys are read',
  },
  'clear makes the epoch odd first': { instead: 'the epoch is bumped when all is over', scenario: 'clear, and the same places used again' },
  'clear bumps the epoch': { instead: 'the epoch stays', scenario: 'clear, and the same places used again' },
  'a reader checks the version again': { instead: 'it believes what it found', scenario: 'a place that is used again while it is read' },
  'a reader waits for an even version': { instead: 'an odd one is as good', scenario: 'a batch over two buckets while both keys are read' },
  'a reader checks the epoch again': { instead: 'only before', scenario: 'clear, and the same places used again' },
  'a reader loads the epoch before the count of buckets': { instead: 'after', scenario: 'clear, a split, and the same places used again' },
  'a reader checks the version first, then the epoch': { instead: 'the epoch first', scenario: 'an object cache over clear' },
  'a miss is checked against the geometry': { instead: 'a miss is a miss', scenario: 'a split while what moves is read and written' },
  'a reader compares the key': { instead: 'the tag is enough', scenario: 'two keys of one tag' },
  'getMany checks all versions together': { instead: 'each key by itself', scenario: 'a batch over two buckets while both keys are read' },
  'a reader that goes round in vain takes the lock': { instead: 'it goes round for ever', scenario: 'a split while what moves is read and written' },
  'a hit in the object cache checks the epoch': { instead: 'the version is enough', scenario: 'an object cache over clear' },
  'a hit asks whether a change is under way': { instead: 'it looks at their count only', scenario: 'an object cache, and a writer that may die' },
  'a hit loads the intent before the count of changes': { instead: 'after', scenario: 'an object cache while one key is written' },
  'a hit notes the count of changes from before it looked at the bucket': { instead: 'from after', scenario: 'an object cache while one key is written' },
  'a change is counted before its intent is cleared': { instead: 'after', scenario: 'an object cache while one key is written' },
  'repair counts the change': { instead: 'the writer that died would have', scenario: 'an object cache, and a writer that may die' },
} as const satisfies Record<string, Dropped>;

/** Rules that the protocol keeps though nothing here breaks without them: a second line. A scenario each in which they are at work. */
export const SPARE = {
  'the source of a split is odd': { instead: 'it stays even', scenario: 'a split while what moves is read and written' },
} as const satisfies Record<string, Dropped>;

export type Rule = keyof typeof RULES | keyof typeof SPARE;
