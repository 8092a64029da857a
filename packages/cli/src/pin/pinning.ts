import { type Digest, parseReference } from '@signet/oci';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Target } from '../verify/outcome.ts';
import type { PlacedInputs } from '../verify/placed-inputs.ts';
import { keyOfTarget, keyOfUse } from '../verify/placed-targets.ts';
import type { ResultSink } from '../verify/sink.ts';
import { type ResolvingTags, resolveTags } from './resolve-tags.ts';
import { type WritingPins, writePins } from './write-pins.ts';

/** From answers about the images of inputs to digests in these inputs. */
export interface Pinning {
  /** The sink, with the digests of reports taken on their way to it. */
  readonly hearing: (sink: ResultSink) => ResultSink;
  /**
   * All or nothing, and nothing unless the exit code of what came before is 0. An image of which no digest was heard is resolved. Gives
   * the exit code of it all. @throws {CliError} FILE_UNREADABLE, FILE_UNWRITABLE; {WorkloadError} WORKLOAD_PIN_FAILED
   */
  readonly pinAfter: (code: ExitCode) => Promise<ExitCode>;
}

/** What inputs are pinned with. */
export type PinningInputs = Omit<ResolvingTags, 'flags'> &
  Pick<WritingPins, 'sink'> & { readonly flags: ResolvingTags['flags'] & { readonly allowUnpinned?: boolean } };

/** Pins what inputs name. */
export function createPinning(inputs: PlacedInputs, using: PinningInputs): Pinning {
  const { flags, io, output } = using;
  const allowUnpinned = flags.allowUnpinned === true;
  const digests = new Map<string, Digest>();
  const isMissing = (target: Target): boolean =>
    !digests.has(keyOfTarget(target)) && parseReference(target.text).digest === undefined;
  const pinAll = async (): Promise<ExitCode> => {
    const code = await resolveTags(inputs.targets.filter(isMissing), {
      ...using,
      onResolved: (target, digest) => void digests.set(keyOfTarget(target), digest),
    });
    return code === EXIT.ok
      ? await writePins(inputs, (use) => digests.get(keyOfUse(use)), { ...using, allowUnpinned })
      : code;
  };
  return {
    hearing: (sink) => ({
      ...sink,
      add(outcome) {
        if ('report' in outcome && outcome.report.digest !== undefined)
          digests.set(keyOfTarget(outcome), outcome.report.digest);
        sink.add(outcome);
      },
    }),
    async pinAfter(before) {
      const code = before === EXIT.ok ? await pinAll() : before;
      if (code !== EXIT.ok && !output.quiet) io.stderr.write('nothing was pinned: see above\n');
      return code;
    },
  };
}
