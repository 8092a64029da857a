import { connect } from '../connect.ts';
import { type ExitCode, worstOf } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { outputOptions } from '../options/output.ts';
import { createProgress } from '../progress.ts';
import { askingAhead } from './ahead.ts';
import type { Asker } from './asker.ts';
import { checkFlags, type VerifyFlags } from './flags.ts';
import { targetsOf } from './targets.ts';
import { verifyTargets } from './verify-targets.ts';

/** Verifies all images of a call side by side and writes the results in their order; with `--resolve-tags` then pins what they came from. */
export async function verifyAll(args: readonly string[], flags: VerifyFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  checkFlags(flags);
  const targets = await targetsOf(args, flags, io);
  const { references, inputs } = targets;
  const connection = await askingAhead(await connect(flags, io, output, { references }), { args, flags });
  const progress = createProgress(io, output);
  try {
    const asker = await askerOf(flags, io);
    const sink = await (await import('./create-sink.ts')).createSink({ io, output, strict: flags.strict === true });
    const using = { flags, io, output, connection, progress, asker };
    if (flags.resolveTags !== true || inputs === undefined) {
      const code = await verifyTargets(targets, { ...using, sink });
      sink.end();
      return code;
    }
    const pinning = (await import('../pin/pin-verified.ts')).createVerifiedPinning(inputs, using);
    const code = await verifyTargets(targets, { ...using, sink: pinning.hearing(sink) });
    sink.end();
    return worstOf([code, await pinning.pinAfter(code)]);
  } finally {
    progress.clear();
    await connection.close();
  }
}

/** Only what is asked for is loaded: a policy takes more than a key. */
export async function askerOf(flags: VerifyFlags, io: Io): Promise<Asker> {
  return flags.policy === undefined
    ? await (await import('./asker.ts')).createAsker(flags, io)
    : await (await import('./asker-by-policy.ts')).createPolicyAsker(flags.policy, flags, io);
}
