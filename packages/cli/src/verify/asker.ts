import { parseReference } from '@signet/oci';
import { createHabit, type Report, ruleForKeys, verify } from '@signet/verifier';
import type { Connection } from '../connect.ts';
import type { Io } from '../io.ts';
import { readTrustedKeys } from '../key-file.ts';
import { parseAnnotationFlags } from '../options/keys.ts';
import { commonOf } from './common.ts';
import type { VerifyFlags } from './flags.ts';
import type { Target } from './outcome.ts';

/** Who is asked about images. */
export interface Asker {
  /** About one reference. @throws {RegistryError} REFERENCE_INVALID, LAYOUT_INVALID; after that every outcome is a report */
  readonly ask: (target: Target, connection: Connection) => Promise<Report>;
  /** Files of receipts that no image was held against, once all are asked: whoever named them meant another image. */
  readonly unusedReceipts: () => readonly string[];
}

/** What is asked, as `--key` and its like say it: everything that is trusted is read here. @throws {CliError}, {KeyError}, {PolicyError} */
export async function createAsker(flags: VerifyFlags, io: Io): Promise<Asker> {
  const rule = ruleForKeys({
    keys: await readTrustedKeys(flags, io),
    tagBound: flags.tagBound === true,
    annotations: parseAnnotationFlags(flags),
  });
  const habit = createHabit();
  return {
    async ask(target, connection) {
      const reference = parseReference(target.text);
      const source = await connection.open(reference);
      return verify(reference, { rule, habit, source, ...commonOf(flags, io, target) });
    },
    unusedReceipts: () => [],
  };
}
