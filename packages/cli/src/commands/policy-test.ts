import { junitDocument, runTable } from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import type { ExampleKeyFlags } from '../options/keys.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { addPolicyOptions, type PolicyFlags } from '../options/policy.ts';
import { caseJson, type TableResults, tableSuite, tableText } from '../policy/table-text.ts';
import { createStyle } from '../style.ts';
import { version } from '../version.ts';

type TestFlags = PolicyFlags & ExampleKeyFlags & OutputFlags;

/** `signet policy test` */
export function defineTest(command: Command, context: Context): void {
  command
    .description(
      'Judges tables of cases by a policy: images, who signed them, and what must come out. No registry is asked; docs/policy-test.md has the format.',
    )
    .argument('<file...>', 'tables of cases (YAML or JSON)');
  addNotes(command, 'Exit codes: 0 all as expected; 1 any is not; 2 usage, or a table or policy that is broken.');
  addPolicyOptions(command);
  addOutputOptions(command, ['junit']);
  onRun<TestFlags>(command, context, test);
}

async function test(files: readonly string[], flags: TestFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const tables: TableResults[] = [];
  for (const file of files) tables.push({ file, results: await judge(file, flags, io) });
  if (output.form === 'junit') io.stdout.write(junitDocument(`signet policy test ${version}`, tables.map(tableSuite)));
  else if (output.json) for (const { results } of tables) for (const each of results) writeJson(io, caseJson(each));
  else for (const table of tables) io.stdout.write(tableText(table, createStyle(output.color), output.verbose));
  const areAsExpected = tables.every(({ results }) => results.every(({ mismatches }) => mismatches.length === 0));
  return areAsExpected ? EXIT.ok : EXIT.denied;
}

async function judge(file: string, flags: TestFlags, io: Io): Promise<TableResults['results']> {
  const { readPolicy, readTable } = await import('../policy/load.ts');
  const draft = await readTable(file, io);
  const path = flags.policy ?? draft.policyPath;
  if (path === undefined)
    throw new CliError('USAGE', `${file} names no policy`, { hint: '--policy FILE, or policy: FILE in the table' });
  const policy = await readPolicy(path, flags, io);
  return runTable(policy, await draft.complete(policy, Date.now()));
}
