import { type Digest, parseReference, type Reference, unlessMissing } from '@signet/oci';
import { explainChoice, type Policy } from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { type Connection, connect } from '../connect.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import type { ExampleKeyFlags } from '../options/keys.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { addPolicyOptions, type PolicyFlags } from '../options/policy.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { explanationText } from '../policy/explanation-text.ts';
import { createStyle } from '../style.ts';

interface ExplainFlags extends PolicyFlags, ExampleKeyFlags, RegistryFlags, OutputFlags {
  readonly resolve?: boolean;
  readonly signedReference?: string;
}

/** `signet policy explain` */
export function defineExplain(command: Command, context: Context): void {
  command
    .description(
      'Says which rule of a policy decides about an image, and why: the names that are compared, and every pattern that fits.',
    )
    .argument('<reference...>', 'images (oci:FOLDER:TAG for a layout on disk)')
    .option('--resolve', 'ask the registry what the tag names now; else nothing is asked of anybody')
    .option('--signed-reference <reference>', 'what a signature must name, where it is not the reference itself');
  addNotes(
    command,
    'Nothing is verified.\n\nExample:\n  signet policy explain --policy policy.yaml registry.example.com/app:1.0',
  );
  addPolicyOptions(command);
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<ExplainFlags>(command, context, explain);
}

async function explain(args: readonly string[], flags: ExplainFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  if (flags.policy === undefined)
    throw new CliError('USAGE', 'which policy is meant was not said', { hint: '--policy FILE' });
  const references = args.map(parseReference);
  const { readPolicy } = await import('../policy/load.ts');
  const policy = await readPolicy(flags.policy, flags, io);
  const connection = flags.resolve === true ? await connect(flags, io, output, { references: args }) : undefined;
  try {
    for (const reference of references) {
      const told = await explanationOf(reference, { policy, connection, flags, io });
      if (output.json) writeJson(io, { version: 1, ...told });
      else io.stdout.write(explanationText(told, createStyle(output.color)));
    }
    return EXIT.ok;
  } finally {
    await connection?.close();
  }
}

interface Around {
  readonly policy: Policy;
  readonly connection: Connection | undefined;
  readonly flags: ExplainFlags;
  readonly io: Io;
}

async function explanationOf(reference: Reference, { policy, connection, flags, io }: Around) {
  const { signedReference } = flags;
  return explainChoice(policy, reference, {
    ...(signedReference === undefined ? {} : { signedReference }),
    ...(connection === undefined ? {} : { tagNames: await tagNames(reference, connection, io) }),
  });
}

/** What the tag names now; null for nothing. A reference without a tag and with a digest has none to ask for. */
async function tagNames(reference: Reference, connection: Connection, io: Io): Promise<Digest | null> {
  const { tag, digest } = reference;
  if (tag === undefined && digest !== undefined) return digest;
  const resolving = connection.open(reference).then((source) => source.resolve(tag ?? 'latest', { signal: io.signal }));
  return (await unlessMissing(resolving))?.descriptor.digest ?? null;
}
