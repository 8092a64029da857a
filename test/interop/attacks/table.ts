import type { Answer } from './answer.ts';
import { dctName } from './dct-attacks.ts';
import { attacks, type Result } from './scenario.ts';
import type { Attacked } from './stage-all.ts';

/** The columns: systems, those that remember twice. */
export const columns: readonly (readonly [system: string, memory?: 'cold' | 'warm'])[] = [
  [dctName, 'cold'],
  [dctName, 'warm'],
  ['cosign'],
  ['notation'],
  ['signet, `tag: bound`'],
  ['signet, `tag: trusted`', 'cold'],
  ['signet, `tag: trusted`', 'warm'],
];

type Outcome = Answer['outcome'] | '-';

const [own, evil, no] = ['owner', 'attacker', 'refused'] as const;

/** What came of each attack when it was performed last: the trial fails where anything else comes of it. */
export const expected: Readonly<Record<string, readonly Outcome[]>> = {
  rollback: [own, own, evil, evil, evil, own, own],
  'stale-metadata': [evil, no, '-', '-', '-', evil, own],
  'expired-metadata': [no, no, '-', '-', '-', no, no],
  'other-repository': [no, no, evil, evil, no, no, own],
  'unknown-signer': [own, own, no, no, no, own, own],
  'outside-his-tags': [evil, evil, no, evil, no, own, own],
  'stolen-key': [evil, evil, evil, evil, evil, evil, evil],
  'one-of-two-keys': ['-', '-', no, evil, no, own, own],
  'key-withdrawn': [evil, evil, no, no, no, own, own],
  'online-key-rollback': [evil, no, '-', '-', '-', evil, own],
  'online-key-unsigned': [no, no, '-', '-', '-', no, own],
};

/** What came of them, in the order of the columns. */
export function outcomesOf(attacked: readonly Attacked[], attack: string): readonly Outcome[] {
  return columns.map(([system, memory = 'cold']) => {
    const result = attacked.find((each) => each.attack === attack && each.system === system)?.result;
    return result === undefined || 'none' in result ? '-' : result[memory].outcome;
  });
}

const words: Readonly<Record<Outcome, string>> = {
  owner: "the owner's",
  attacker: "**the attacker's**",
  refused: 'refused',
  undecided: 'undecided',
  '-': '–',
};

/** A table in Markdown: which image somebody gets who asks for the tag. */
export function renderTable(outcomes: (attack: string) => readonly Outcome[]): string {
  const heads = columns.map(([system, memory]) => (memory === undefined ? system : `${system}, ${memory}`));
  const rows = attacks.map(({ id, title }) => [title, ...outcomes(id).map((each) => words[each])]);
  return [['attack', ...heads], heads.concat('').map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** What the programs said, a line for each that refused or had nothing to attack. */
export function renderSayings(attacked: readonly Attacked[]): string {
  return attacked
    .flatMap(({ attack, system, result }) => sayings(result).map((text) => `${attack}, ${system}: ${text}`))
    .join('\n');
}

function sayings(result: Result): readonly string[] {
  if ('none' in result) return [result.none];
  const { cold, warm } = result;
  const of = (memory: string, { outcome, says }: Answer): string => `${memory}: ${outcome}: ${says}`;
  return cold.says === warm.says && cold.outcome === warm.outcome
    ? [of('cold and warm', cold)]
    : [of('cold', cold), of('warm', warm)];
}
