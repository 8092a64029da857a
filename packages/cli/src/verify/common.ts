import type { Verification } from '@signet/verifier';
import type { Io } from '../io.ts';
import type { VerifyFlags } from './flags.ts';

/** What does not depend on the kind of trust. */
export function commonOf(flags: VerifyFlags, io: Io): Omit<Verification, 'rule' | 'habit' | 'source'> {
  return {
    atMs: Date.now(),
    signal: io.signal,
    limits: {
      ...(flags.timeout === undefined ? {} : { totalMs: flags.timeout }),
      ...(flags.maxSignatures === undefined ? {} : { maxSignatures: flags.maxSignatures }),
    },
    ...(flags.platform === undefined ? {} : { platform: flags.platform }),
    ...(flags.signedReference === undefined ? {} : { signedReference: flags.signedReference }),
  };
}
