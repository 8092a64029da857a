import type { InputProblem, ImageUse as NamedUse } from '@signet/workloads';
import { CliError } from '../errors.ts';
import { type InputFile, type InputOptions, readInventory } from '../inputs/read-inventory.ts';
import type { Reading } from '../inputs/reading.ts';
import type { Outcome, Target } from './outcome.ts';
import { placedTargets, withinOf } from './placed-targets.ts';

/** What the inputs of a call come to. */
export interface PlacedInputs {
  readonly targets: readonly Target[];
  /** Where an image may be named that is not among the targets. */
  readonly unread: readonly Outcome[];
  /** What was passed over and names none. */
  readonly notes: readonly string[];
  /** The files that could be read, in their order. */
  readonly files: readonly InputFile[];
  /** How they were read: who reads them again must do so in the same way. */
  readonly reading: Reading;
}

/** Reads all inputs. @throws {CliError} FILE_UNREADABLE, USAGE */
export async function placedInputs(paths: readonly string[], options: InputOptions): Promise<PlacedInputs> {
  const uses: NamedUse[] = [];
  const unread: Outcome[] = [];
  const notes: string[] = [];
  const files: InputFile[] = [];
  for await (const result of readInventory(paths, options)) {
    if ('error' in result) {
      unread.push({ text: result.path, uses: [], error: result.error });
      continue;
    }
    files.push(result.input);
    for (const use of result.inventory.images) uses.push(use);
    for (const problem of result.inventory.problems) {
      if (problem.severity === 'unread') unread.push(unreadOf(problem));
      else notes.push(`${placeText(problem)}: ${problem.code}: ${problem.message}`);
    }
  }
  return { targets: placedTargets(uses), unread, notes, files, reading: options.reading };
}

/** Not knowing what runs is no yes: it counts as undecided. */
function unreadOf(problem: InputProblem): Outcome {
  const { file, line, column } = problem.place;
  return {
    text: problem.path,
    uses: [{ place: { file, line, column }, within: withinOf({ ...problem, role: 'listed' }) }],
    error: new CliError('INPUT_UNREAD', `${problem.code}: ${problem.message}`),
  };
}

function placeText({ place: { file, line, column } }: InputProblem): string {
  return `${file}:${line}:${column}`;
}
