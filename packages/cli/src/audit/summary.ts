import { escapeForTerminal } from '@signet/verifier';
import type { Io } from '../io.ts';
import { type OutputOptions, writeJson } from '../options/output.ts';
import { createStyle } from '../style.ts';
import type { AuditPlan } from './flags.ts';
import type { Count, Tally } from './tally.ts';

/** What is told at the end. */
export interface Summary {
  readonly plan: AuditPlan;
  readonly tally: Tally;
  /** Images that an earlier run had done. */
  readonly resumed: number;
  /** Results of an earlier run that were undecided, and were asked anew. */
  readonly askedAnew: number;
  readonly io: Io;
  readonly output: OutputOptions;
}

/** The counts, on standard output. */
export function writeSummary({ plan, tally, resumed, askedAnew, io, output }: Summary): void {
  const counts = {
    images: tally.images(),
    resumed,
    askedAnew,
    unlistedRepositories: tally.repositories(),
    ...tally.verdicts(),
    allowedByRule: tally.allowed(),
  };
  if (output.json) {
    writeJson(io, { version: 1, ...counts, rules: tally.rules(), codes: tally.codes(), ...plan });
    return;
  }
  const style = createStyle(output.color);
  const { verified, denied, undecided } = counts;
  const lines = [
    `${style.strong(`${counts.images} images`)}${earlierText(resumed, askedAnew)}: ${style.good(`${verified} verified`)}, ${style.bad(`${denied} denied`)}, ${style.doubt(`${undecided} undecided`)}${counts.allowedByRule === 0 ? '' : `; ${counts.allowedByRule} of these allowed by their rule`}`,
    ...(counts.unlistedRepositories === 0
      ? []
      : [
          style.doubt(
            `${counts.unlistedRepositories} repositories whose tags could not be listed: they are among the undecided`,
          ),
        ]),
    ...tally.codes().map(countLine),
    `results  ${escapeForTerminal(plan.journal)}`,
    ...(plan.page === undefined ? [] : [`page     ${escapeForTerminal(plan.page)}`]),
  ];
  io.stdout.write(`${lines.join('\n')}\n`);
}

function earlierText(resumed: number, askedAnew: number): string {
  const parts = [
    ...(resumed === 0 ? [] : [`${resumed} of them before`]),
    ...(askedAnew === 0 ? [] : [`${askedAnew} undecided asked anew`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function countLine({ name, count }: Count): string {
  return `  ${String(count).padStart(7)}  ${escapeForTerminal(name)}`;
}
