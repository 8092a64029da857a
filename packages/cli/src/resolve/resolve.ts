import { formatReference, parseReference } from '@signet/oci';
import { type Report, renderReport } from '@signet/verifier';
import { connect } from '../connect.ts';
import { CliError, codeOf, messageOf } from '../errors.ts';
import { EXIT, type ExitCode, worstOf } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { ExampleKeyFlags } from '../options/keys.ts';
import { type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import type { PolicyFlags } from '../options/policy.ts';
import type { ReceiptFlags } from '../options/receipts.ts';
import type { RegistryFlags } from '../options/registry.ts';
import { createProgress } from '../progress.ts';
import type { StateFlags } from '../tags/state-folder.ts';
import { createPolicyAsker } from '../verify/asker-by-policy.ts';
import type { Outcome } from '../verify/outcome.ts';
import { type ResultSink, writeError } from '../verify/sink.ts';
import { targetsOf } from '../verify/targets.ts';
import { verifyTargets } from '../verify/verify-targets.ts';

/** What `signet resolve` is told. */
export interface ResolveFlags
  extends PolicyFlags,
    ExampleKeyFlags,
    StateFlags,
    ReceiptFlags,
    RegistryFlags,
    OutputFlags {
  readonly platform?: string;
  /** Milliseconds. */
  readonly wait?: number;
  readonly strict?: boolean;
}

/** What is told of one image. */
export interface ResolvedImage {
  /** The reference with the digest in the place of its tag; absent for what is not let through. */
  readonly resolved?: string;
}

/**
 * Verifies images by the policy and writes what they are, by their digests, in the order of the references. `hear`: who is told it, in the place of
 * standard output.
 */
export async function resolve(
  args: readonly string[],
  flags: ResolveFlags,
  io: Io,
  hear?: (image: ResolvedImage) => void,
): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const { policy } = flags;
  if (policy === undefined)
    throw new CliError('USAGE', 'who says what a tag is was not said', { hint: 'name a trust policy: --policy FILE' });
  const targets = await targetsOf(args, flags, io);
  const connection = await connect(flags, io, output, { references: targets.references });
  const progress = createProgress(io, output);
  try {
    const asker = await createPolicyAsker(policy, flags, io);
    const sink = createResolveSink({ io, output, strict: flags.strict === true, hear });
    const code = await verifyTargets(targets, { flags, io, output, connection, progress, asker, sink });
    return worstOf([code, sink.code()]);
  } finally {
    progress.clear();
    await connection.close();
  }
}

interface ResolveSink extends ResultSink {
  /** Of what is let through and has no digest. */
  readonly code: () => ExitCode;
}

interface SinkOptions {
  readonly io: Io;
  readonly output: OutputOptions;
  readonly strict: boolean;
  readonly hear: ((image: ResolvedImage) => void) | undefined;
}

function createResolveSink({ io, output, strict, hear }: SinkOptions): ResolveSink {
  let code: ExitCode = EXIT.ok;
  const tell = (outcome: Outcome, resolved: string | undefined): void => {
    if (hear !== undefined) hear(resolved === undefined ? {} : { resolved });
    else if (output.json) writeJson(io, documentOf(outcome, resolved));
    else if (resolved !== undefined) io.stdout.write(`${resolved}\n`);
  };
  return {
    add(outcome) {
      const resolved = 'report' in outcome ? resolvedOf(outcome.report, strict) : undefined;
      if ('error' in outcome) writeError(outcome, io, output);
      else if (resolved === undefined) {
        io.stderr.write(`${renderReport(outcome.report, output)}\n`);
        if (outcome.report.allowed) code = EXIT.undecided;
      }
      tell(outcome, resolved);
    },
    breakOff: () => undefined,
    end: () => undefined,
    code: () => code,
  };
}

/** The reference with the digest in the place of its tag; undefined for what is not let through, and where nothing says what it is. */
function resolvedOf({ reference, digest, verdict, allowed }: Report, strict: boolean): string | undefined {
  if (digest === undefined || !(verdict === 'verified' || (allowed && !strict))) return undefined;
  const { tag: _, ...named } = parseReference(reference);
  return formatReference({ ...named, digest });
}

function documentOf(outcome: Outcome, resolved: string | undefined): object {
  const { text } = outcome;
  if ('error' in outcome) {
    const error = { code: codeOf(outcome.error) ?? 'INTERNAL', message: messageOf(outcome.error) };
    return { version: 1, reference: text, error };
  }
  const { reference, verdict, code, allowed, digest, mediaType, summary, remedy, catalogue } = outcome.report;
  return {
    version: 1,
    reference,
    ...(resolved === undefined ? {} : { resolved }),
    ...{ verdict, code, allowed, digest, mediaType, summary, remedy, catalogue },
  };
}
