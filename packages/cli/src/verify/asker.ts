import { parseReference } from '@signet/oci';
import { createHabit, type Report, ruleForKeys, verify } from '@signet/verifier';
import type { Connection } from '../connect.ts';
import type { Io } from '../io.ts';
import { readTrustedKeys } from '../key-file.ts';
import { parseAnnotationFlags } from '../options/keys.ts';
import { commonOf } from './common.ts';
import type { VerifyFlags } from './flags.ts';
import type { Target } from './outcome.ts';

/** Asks about one reference. @throws {RegistryError} REFERENCE_INVALID, LAYOUT_INVALID; after that every outcome is a report */
export type Asker = (target: Target, connection: Connection) => Promise<Report>;

/** What is asked, as `--key` and its like say it: everything that is trusted is read here. @throws {CliError}, {KeyError}, {PolicyError} */
export async function createAsker(flags: VerifyFlags, io: Io): Promise<Asker> {
  const rule = ruleForKeys({
    keys: await readTrustedKeys(flags, io),
    tagBound: flags.tagBound === true,
    annotations: parseAnnotationFlags(flags.annotation),
  });
  const habit = createHabit();
  return async (target, connection) => {
    const reference = parseReference(target.text);
    return verify(reference, { rule, habit, source: await connection.open(reference), ...commonOf(flags, io, target) });
  };
}
