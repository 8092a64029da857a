import { type Digest, parseReference } from '@signet/oci';
import { defaultVerifyLimits } from '@signet/verifier';
import { type Connection, DEFAULT_CONCURRENCY } from '../connect.ts';
import { exitCodeForError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { OutputOptions } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { Progress } from '../progress.ts';
import { forEachReference } from '../references.ts';
import type { Target } from '../verify/outcome.ts';
import { writeError } from '../verify/sink.ts';

/** What tags are resolved with. */
export interface ResolvingTags {
  readonly flags: Pick<RegistryFlags, 'concurrency'>;
  readonly io: Io;
  readonly output: OutputOptions;
  readonly connection: Connection;
  readonly progress: Progress;
}

/** The digests that the tags of images name now, each asked for once, side by side. The exit code of all; what failed is told. */
export async function resolveTags(
  targets: readonly Target[],
  { flags, io, output, connection, progress, onResolved }: ResolvingTags & { readonly onResolved: OnResolved },
): Promise<ExitCode> {
  return await forEachReference<SameText, Resolution>(
    Map.groupBy(targets, ({ text }) => text),
    {
      io,
      verbose: output.verbose,
      concurrency: flags.concurrency ?? DEFAULT_CONCURRENCY,
      work: (same) => resolve(same, connection, io),
      show(resolution) {
        progress.clear();
        const { text, targets: same } = resolution;
        if ('error' in resolution) {
          writeError({ text, uses: same.flatMap(({ uses }) => uses), error: resolution.error }, io, output);
          return exitCodeForError(resolution.error);
        }
        for (const target of same) onResolved(target, resolution.digest);
        return EXIT.ok;
      },
    },
  );
}

type OnResolved = (target: Target, digest: Digest) => void;

/** A reference, and the targets with it: one for each platform that is asked. A tag names the same for all of them. */
type SameText = readonly [text: string, targets: readonly Target[]];

type Resolution = { readonly text: string; readonly targets: readonly Target[] } & (
  | { readonly digest: Digest }
  | { readonly error: unknown }
);

async function resolve([text, targets]: SameText, { open }: Connection, { signal }: Io): Promise<Resolution> {
  try {
    const reference = parseReference(text);
    const store = await open(reference);
    const maxBytes = defaultVerifyLimits.maxManifestBytes;
    const { descriptor } = await store.resolve(reference.tag ?? 'latest', { signal, maxBytes });
    return { text, targets, digest: descriptor.digest };
  } catch (error) {
    return { text, targets, error };
  }
}
