import type { Store } from '@signet/oci';
import { connect, DEFAULT_CONCURRENCY } from '../connect.ts';
import { exitCodeForError, renderError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { type OutputFlags, outputOptions } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import { forEachReference } from '../references.ts';
import type { Collection } from './collection.ts';

/** What is done with each collection, and what is said of it afterwards, in the order of the repositories. */
export interface EachCollection<R> {
  readonly flags: RegistryFlags & OutputFlags;
  readonly io: Io;
  /** @throws {CliError}; {RegistryError} REFERENCE_INVALID: then this one has failed */
  readonly collectionFor: (repository: string) => Collection;
  /** `store` is that of the collection's location. */
  readonly work: (collection: Collection, store: Store) => Promise<R>;
  /** Gives the exit code of this one. */
  readonly show: (result: R, of: { readonly repository: string; readonly collection: Collection }) => ExitCode;
  readonly onFailed?: (repository: string) => void;
}

type Outcome<R> =
  | { readonly kind: 'done'; readonly repository: string; readonly collection: Collection; readonly result: R }
  | { readonly kind: 'failed'; readonly repository: string; readonly error: unknown };

/** Works on the catalogues of repositories side by side. What goes wrong with one is told, and keeps no other. */
export async function forEachCollection<R>(
  repositories: readonly string[],
  { flags, io, collectionFor, work, show, onFailed }: EachCollection<R>,
): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const connection = await connect(flags, io, output, { references: repositories });
  const outcomeOf = async (repository: string): Promise<Outcome<R>> => {
    try {
      const collection = collectionFor(repository);
      const result = await work(collection, await connection.open(collection.location));
      return { kind: 'done', repository, collection, result };
    } catch (error) {
      return { kind: 'failed', repository, error };
    }
  };
  try {
    return await forEachReference(repositories, {
      io,
      verbose: output.verbose,
      concurrency: flags.concurrency ?? DEFAULT_CONCURRENCY,
      work: outcomeOf,
      show(outcome) {
        if (outcome.kind === 'failed') {
          onFailed?.(outcome.repository);
          io.stderr.write(renderError(outcome.error, { verbose: output.verbose, subject: outcome.repository }));
          return exitCodeForError(outcome.error);
        }
        const { collection, result } = outcome;
        if (collection.assumed !== undefined && !output.quiet) io.stderr.write(`${collection.assumed}\n`);
        return show(result, outcome);
      },
    });
  } finally {
    await connection.close();
  }
}
