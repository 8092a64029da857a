import { parseReference, type Reference } from '@signet/oci';
import { createHabit, type Report, ruleForKeys, type Verification, verify } from '@signet/verifier';
import type { Connection } from '../connect.ts';
import type { Io } from '../io.ts';
import { readTrustedKeys } from '../key-file.ts';
import { parseAnnotationFlags } from '../options/keys.ts';
import type { VerifyFlags } from './flags.ts';

/** Asks about one reference. @throws {RegistryError} REFERENCE_INVALID, LAYOUT_INVALID; after that every outcome is a report */
export type Asker = (text: string, connection: Connection) => Promise<Report>;

/** What is asked, as the flags say it: everything that is trusted is read here. @throws {CliError}, {KeyError}, {PolicyError} */
export async function createAsker(flags: VerifyFlags, io: Io): Promise<Asker> {
  const rule = ruleForKeys({
    keys: await readTrustedKeys(flags, io),
    tagBound: flags.tagBound === true,
    annotations: parseAnnotationFlags(flags.annotation),
  });
  const habit = createHabit();
  return async (text, connection) => {
    const reference = parseReference(text);
    return verify(reference, { rule, habit, ...(await commonOf(reference, { flags, io, connection })) });
  };
}

interface Around {
  readonly flags: VerifyFlags;
  readonly io: Io;
  readonly connection: Connection;
}

/** What does not depend on the kind of trust. */
async function commonOf(
  reference: Reference,
  { flags, io, connection }: Around,
): Promise<Omit<Verification, 'rule' | 'habit'>> {
  return {
    source: await connection.open(reference),
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
