import { parseReference } from '@signet/oci';
import { createHabit, type Policy, verifyByPolicy } from '@signet/verifier';
import type { Io } from '../io.ts';
import { readPolicy } from '../policy/load.ts';
import type { Asker } from './asker.ts';
import { commonOf } from './common.ts';
import type { VerifyFlags } from './flags.ts';

/** What is asked, as the policy of `--policy` says it: it and its keys are read here. @throws {CliError}, {PolicyError} */
export async function createPolicyAsker(path: string, flags: VerifyFlags, io: Io): Promise<Asker> {
  return askerBy(await readPolicy(path, flags, io), flags, io);
}

/** The same by a policy that was read. */
export function askerBy(policy: Policy, flags: VerifyFlags, io: Io): Asker {
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
