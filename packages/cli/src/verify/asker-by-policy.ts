import { parseReference } from '@signet/oci';
import { createHabit, type Policy, verifyByPolicy } from '@signet/verifier';
import type { Io } from '../io.ts';
import { parseAnnotationFlags } from '../options/keys.ts';
import { readPolicy } from '../policy/load.ts';
import { type CallTags, createCallTags } from '../tags/trusted-tags.ts';
import type { Asker } from './asker.ts';
import { commonOf } from './common.ts';
import type { VerifyFlags } from './flags.ts';
import { callWitnesses } from './witnesses.ts';

/** What is asked, as the policy of `--policy` says it: it, its keys and receipts are read here. @throws {CliError}, {PolicyError} */
export async function createPolicyAsker(path: string, flags: VerifyFlags, io: Io): Promise<Asker> {
  const policy = await readPolicy(path, flags, io);
  return askerBy(policy, await callTags(policy, flags, io), { flags, io });
}

/** While waiting for something to change, each look has to be a look. */
const reuseMs = 60_000;

/** Who is asked about tags by a policy that was read. @throws {CliError} FILE_UNREADABLE, USAGE */
export function callTags(policy: Policy, flags: VerifyFlags, io: Io): Promise<CallTags> {
  return createCallTags(policy, { flags, io, reuseMs: flags.wait === undefined ? reuseMs : 0 });
}

/** The same by a policy that was read. */
export function askerBy(
  policy: Policy,
  tags: CallTags,
  { flags, io }: { readonly flags: VerifyFlags; readonly io: Io },
): Asker {
  const habit = createHabit();
  const witnesses = callWitnesses(flags, io);
  const { userMetadata } = flags;
  const annotations = userMetadata === undefined ? {} : { annotations: parseAnnotationFlags({ userMetadata }) };
  return {
    async ask(target, connection) {
      const reference = parseReference(target.text);
      const trusted = tags.over(connection);
      return verifyByPolicy(reference, {
        policy,
        habit,
        witnesses,
        ...annotations,
        open: () => connection.open(reference),
        ...(trusted === undefined ? {} : { trusted }),
        ...commonOf(flags, io, target),
      });
    },
    unusedReceipts: tags.unusedReceipts,
  };
}
