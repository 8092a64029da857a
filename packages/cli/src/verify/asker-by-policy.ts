import { parseReference } from '@signet/oci';
import { createHabit, verifyByPolicy } from '@signet/verifier';
import type { Io } from '../io.ts';
import { readPolicy } from '../policy/load.ts';
import type { Asker } from './asker.ts';
import { commonOf } from './common.ts';
import type { VerifyFlags } from './flags.ts';

/** What is asked, as the policy of `--policy` says it: it and its keys are read here. @throws {CliError}, {PolicyError} */
export async function createPolicyAsker(path: string, flags: VerifyFlags, io: Io): Promise<Asker> {
  const policy = await readPolicy(path, flags, io);
  const habit = createHabit();
  return async (target, connection) => {
    const reference = parseReference(target.text);
    return verifyByPolicy(reference, {
      policy,
      habit,
      open: () => connection.open(reference),
      ...commonOf(flags, io, target),
    });
  };
}
