import { dirname, relative, resolve, sep } from 'node:path';
import { escapeForTerminal, PolicyError } from '@signet/verifier';
import type { EditedPolicy } from '@signet/verifier/policy';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { readInputFile } from '../files.ts';
import { realPath } from '../inputs/input-files.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { collect } from '../options/duration.ts';
import { type ExampleKeyFlags, exampleKeyText } from '../options/keys.ts';
import { addOutputOptions, type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { stageReplacement } from '../pin/replacement.ts';
import { checkPolicy } from '../policy/load.ts';

interface Flags extends OutputFlags, ExampleKeyFlags {
  readonly key?: readonly string[];
  readonly rule?: readonly string[];
  readonly dryRun?: boolean;
}

/** `signet policy signer add|remove` */
export function defineSigner(command: Command, context: Context): void {
  const add = command.command('add').summary('let somebody sign');
  add
    .description(
      'Adds a source of trust to a policy file, or keys to one that is there, and lets rules ask for it beside those that they ask for already. All else in the file stays as it is written, comments too; what would not be a good policy is not written.',
    )
    .argument('<name>', 'the name of the source: the signer')
    .argument('<file>', 'the policy file')
    .requiredOption('-k, --key <file>', 'public key of the signer; repeatable', collect)
    .option(
      '--rule <name>',
      'a rule, by its name or one of its patterns, that asks for the signer from now on; repeatable',
      collect,
    );
  addNotes(
    add,
    'A rule that asks for one source asks for any of two then; a list of a rule (any, all, atLeast of) gets one branch more.\n\nExample:\n  signet policy signer add --key alice.pub --rule "registry.example.com/shop/**" alice policy.yaml',
  );
  finish(add, context, 'add');
  const remove = command.command('remove').summary('take a signer, or a key of his, out');
  remove
    .description(
      'Takes a source of trust out of a policy file, and out of every rule and catalogue that asks for it. Refused where somebody would be asked for by nobody else: what he alone signs would be denied, and nobody told.',
    )
    .argument('<name>', 'the name of the source: the signer')
    .argument('<file>', 'the policy file')
    .option('-k, --key <file>', 'take out this key alone; repeatable', collect);
  addNotes(
    remove,
    'What he signed stops counting at once. Where his key was stolen, put its id into "refuse", too: it is printed.\n\nExample:\n  signet policy signer remove alice policy.yaml',
  );
  finish(remove, context, 'remove');
}

function finish(command: Command, context: Context, kind: 'add' | 'remove'): void {
  command
    .option('--dry-run', 'print the file as it would be; nothing is written')
    .option('--allow-example-keys', exampleKeyText);
  addOutputOptions(command);
  onRun<Flags>(command, context, ([name = '', file = ''], flags, io) => edit({ kind, name, file }, flags, io));
}

interface Wanted {
  readonly kind: 'add' | 'remove';
  readonly name: string;
  readonly file: string;
}

async function edit({ kind, name, file }: Wanted, flags: Flags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  if (file === '-') throw new CliError('USAGE', 'a policy is a file, which is changed in its place: - is none');
  const before = Buffer.from(await readInputFile(file)).toString('utf8');
  const keys = (flags.key ?? []).map((key) => pathIn(file, key));
  const { addSigner, removeSigner } = await import('@signet/verifier/policy');
  const keyIds = kind === 'remove' && keys.length === 0 ? await keyIdsOf(name, file, flags, io) : [];
  const edited =
    kind === 'add' ? addSigner(before, { name, keys, rules: flags.rule ?? [] }) : removeSigner(before, name, keys);
  await checkEdited(file, edited, flags, io);
  if (flags.dryRun !== true && edited.changes.length > 0) await replace(file, edited.text);
  tell(edited, { name, file, keyIds, isDryRun: flags.dryRun === true }, { io, output });
  return EXIT.ok;
}

interface Told {
  readonly name: string;
  readonly file: string;
  readonly keyIds: readonly string[];
  readonly isDryRun: boolean;
}

function tell(
  { text, changes }: EditedPolicy,
  { name, file, keyIds, isDryRun }: Told,
  { io, output }: { readonly io: Io; readonly output: OutputOptions },
): void {
  if (output.json) writeJson(io, { version: 1, file, written: !isDryRun && changes.length > 0, changes, keyIds });
  else if (isDryRun) io.stdout.write(text);
  if (output.json || isDryRun || output.quiet) return;
  io.stdout.write(changes.length === 0 ? 'there already: nothing was changed\n' : lines(changes));
  if (keyIds.length === 0) return;
  const ids = keyIds.map((id) => JSON.stringify(id)).join(', ');
  io.stderr.write(`note: where a key of ${escapeForTerminal(name)} was stolen: refuse: { keys: [${ids}] }\n`);
}

function lines(changes: readonly string[]): string {
  return changes.map((change) => `${escapeForTerminal(change)}\n`).join('');
}

/** What the loader would say of it. @throws {PolicyError} POLICY_INVALID */
async function checkEdited(file: string, { text }: EditedPolicy, flags: Flags, io: Io): Promise<void> {
  const { problems } = await checkPolicy(file, flags, io, Buffer.from(text));
  const [error] = problems.filter(({ severity }) => severity === 'error');
  if (error === undefined) return;
  const { message, place, hint = 'nothing was written' } = error;
  throw new PolicyError('POLICY_INVALID', `it would not be a policy that loads: ${message}`, { place, hint });
}

/** Ids of the signer's keys, as `refuse` takes them; none where the policy does not load as it is. */
async function keyIdsOf(name: string, file: string, flags: Flags, io: Io): Promise<readonly string[]> {
  const { policy } = await checkPolicy(file, flags, io);
  if (policy === undefined) return [];
  const { effectivePolicy } = await import('@signet/verifier');
  return effectivePolicy(policy).trust[name]?.keys ?? [];
}

/** From the policy's folder, with slashes. */
function pathIn(policy: string, key: string): string {
  return relative(dirname(resolve(policy)), resolve(key))
    .split(sep)
    .join('/');
}

/** A link stays one: what it leads to is replaced. @throws {CliError} FILE_UNWRITABLE */
async function replace(file: string, text: string): Promise<void> {
  const replacement = await stageReplacement(await realPath(file), Buffer.from(text));
  try {
    await replacement.commit();
  } finally {
    await replacement.discard();
  }
}
