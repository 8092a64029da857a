import { escapeForTerminal, problemsToSarif, toJsonText } from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { type ExampleKeyFlags, exampleKeyText } from '../options/keys.ts';
import { addOutputOptions, type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import type { CheckedPolicy } from '../policy/load.ts';
import { createStyle } from '../style.ts';
import { version } from '../version.ts';

interface CheckFlags extends OutputFlags, ExampleKeyFlags {
  readonly strict?: boolean;
}

type Checked = CheckedPolicy & { readonly file: string };
type Problem = Checked['problems'][number];

/** `signet policy check` */
export function defineCheck(command: Command, context: Context): void {
  command
    .description(
      'Finds what is wrong with policies, each fault with file, line, column and a hint: all those of the shape, then all others. Keys and included files are read too.',
    )
    .argument('<file...>', 'the policies')
    .option('--strict', 'warnings count as faults')
    .option('--allow-example-keys', exampleKeyText);
  addNotes(command, 'Exit codes: 0 no fault; 2 any.');
  addOutputOptions(command, ['sarif']);
  onRun<CheckFlags>(command, context, check);
}

async function check(files: readonly string[], flags: CheckFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const { checkPolicy } = await import('../policy/load.ts');
  const checked: Checked[] = [];
  for (const file of files) checked.push({ file, ...(await checkPolicy(file, flags, io)) });
  const problems = checked.flatMap((each) => each.problems);
  if (output.form === 'sarif') io.stdout.write(`${toJsonText(problemsToSarif(problems, { version }))}\n`);
  else for (const each of checked) show(each, io, output);
  return problems.some(({ severity }) => severity === 'error' || flags.strict === true) ? EXIT.usage : EXIT.ok;
}

function show({ file, policy, problems }: Checked, io: Io, output: OutputOptions): void {
  if (output.json) {
    const counts = policy === undefined ? {} : { rules: policy.ruleList.length, revision: policy.revision };
    writeJson(io, { version: 1, file, ok: policy !== undefined, ...counts, problems });
    return;
  }
  for (const problem of problems) io.stdout.write(`${problemText(problem, output)}\n`);
  if (policy === undefined || output.quiet) return;
  const rules = policy.ruleList.length === 1 ? '1 rule' : `${policy.ruleList.length} rules`;
  io.stdout.write(
    `${createStyle(output.color).good('ok')}  ${escapeForTerminal(file)}  ${rules}, default: ${policy.fallback}\n`,
  );
}

/** As compilers write it, so that editors lead there. */
function problemText({ severity, code, message, place, hint }: Problem, { color }: OutputOptions): string {
  const style = createStyle(color);
  const word = severity === 'error' ? style.bad('error') : style.doubt('warning');
  const where = escapeForTerminal(`${place.file}:${place.line}:${place.column}`);
  const line = `${where}: ${word}[${code}]: ${escapeForTerminal(message)}`;
  return hint === undefined ? line : `${line}\n  hint: ${escapeForTerminal(hint)}`;
}
