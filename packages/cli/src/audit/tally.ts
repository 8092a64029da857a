import type { Verdict } from '@signet/verifier';
import { EXIT, type ExitCode, worstOf } from '../exit-codes.ts';
import { codeForEntry, type ResultEntry } from './entry.ts';

/** Counts of results: as many numbers as there are rules and codes, however many images. */
export interface Tally {
  readonly add: (entry: ResultEntry) => void;
  readonly images: () => number;
  /** Repositories whose tags could not be listed. */
  readonly repositories: () => number;
  readonly verdicts: () => Readonly<Record<Verdict, number>>;
  /** Not verified, and let through by its rule or the default. */
  readonly allowed: () => number;
  /** Most frequent first; the rules of images without a report are left out. */
  readonly rules: () => readonly Count[];
  readonly codes: () => readonly Count[];
  readonly exitCode: () => ExitCode;
}

export interface Count {
  readonly name: string;
  readonly count: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
}

/** More rules or codes than any policy has are counted as one: a file from elsewhere cannot fill the memory. */
const maxNames = 10_000;

export function createTally(strict: boolean): Tally {
  const kinds = { image: 0, repository: 0 };
  const verdicts = none();
  const rules = new Map<string, Record<Verdict, number>>();
  const codes = new Map<string, Record<Verdict, number>>();
  let allowed = 0;
  let worst: ExitCode = EXIT.ok;
  return {
    add(entry) {
      const { kind, verdict, code, rule, failed } = entry;
      kinds[kind] += 1;
      verdicts[verdict] += 1;
      if (entry.allowed && verdict !== 'verified') allowed += 1;
      if (failed !== true) count(rules, rule ?? '(no rule)', verdict);
      count(codes, code, verdict);
      worst = worstOf([worst, codeForEntry(entry, strict)]);
    },
    images: () => kinds.image,
    repositories: () => kinds.repository,
    verdicts: () => verdicts,
    allowed: () => allowed,
    rules: () => sorted(rules),
    codes: () => sorted(codes),
    exitCode: () => worst,
  };
}

function none(): Record<Verdict, number> {
  return { verified: 0, denied: 0, undecided: 0 };
}

function count(counts: Map<string, Record<Verdict, number>>, name: string, verdict: Verdict): void {
  const key = counts.size < maxNames || counts.has(name) ? name : '(others)';
  const here = counts.get(key) ?? none();
  here[verdict] += 1;
  counts.set(key, here);
}

function sorted(counts: ReadonlyMap<string, Record<Verdict, number>>): readonly Count[] {
  return [...counts]
    .map(([name, verdicts]) => ({ name, verdicts, count: verdicts.verified + verdicts.denied + verdicts.undecided }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
