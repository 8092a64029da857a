import type { Verification } from '@signet/verifier';
import type { Io } from '../io.ts';
import type { VerifyFlags } from './flags.ts';
import type { Target } from './outcome.ts';

/** What does not depend on the kind of trust. The command line's platform wins over that of a file. */
export function commonOf(flags: VerifyFlags, io: Io, target: Target): Omit<Verification, 'rule' | 'habit' | 'source'> {
  const platform = flags.platform ?? target.platform;
  return {
    atMs: Date.now(),
    signal: io.signal,
    limits: {
      ...(flags.timeout === undefined ? {} : { totalMs: flags.timeout }),
      ...(flags.maxSignatures === undefined ? {} : { maxSignatures: flags.maxSignatures }),
    },
    ...(platform === undefined ? {} : { platform, allowNoIndex: flags.platform === undefined }),
    ...(flags.signedReference === undefined ? {} : { signedReference: flags.signedReference }),
  };
}
