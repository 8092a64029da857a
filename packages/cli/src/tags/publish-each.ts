import { publish, refresh } from '@signet/signed-tags';
import { connect, DEFAULT_CONCURRENCY } from '../connect.ts';
import { CliError, exitCodeForError, renderError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { readTrustedKeys } from '../key-file.ts';
import { type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import { forEachReference } from '../references.ts';
import { createStyle } from '../style.ts';
import type { Refreshed } from './expiry-metrics.ts';
import { exitCodeOfOutcome, publishedJson, publishedText, remarkOn } from './published-output.ts';
import { readWriter, refuseKeysBesidePolicy, type WriterFlags } from './writer.ts';

/** What is done with each repository. */
export interface PublishEach {
  readonly flags: WriterFlags & RegistryFlags & OutputFlags & { readonly key?: readonly string[] };
  readonly io: Io;
  readonly kind: 'publish' | 'refresh';
  /** Told of each repository, in their order. */
  readonly onDone?: (done: Refreshed) => void;
}

type Outcome =
  | ({ readonly kind: 'published' } & Required<Refreshed>)
  | { readonly kind: 'failed'; readonly repository: string; readonly error: unknown };

const work = { publish, refresh } as const;

/**
 * Publishes the journals of repositories, or signs their catalogues anew, side by side; shown in their order.
 * @throws {CliError}; {PolicyError}; {KeyError}: what cannot be told of one repository alone
 */
export async function publishEach(
  repositories: readonly string[],
  { flags, io, kind, onDone }: PublishEach,
): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  refuseKeysBesidePolicy(flags);
  if (flags.collection !== undefined && repositories.length > 1)
    throw new CliError('USAGE', '--collection is for one repository');
  const writer = await readWriter(flags, io, () => readTrustedKeys(flags, io));
  const connection = await connect(flags, io, output, { references: repositories });
  const outcomeOf = async (repository: string): Promise<Outcome> => {
    try {
      const collection = writer.collection(repository);
      const store = await connection.open(collection.location);
      return {
        kind: 'published',
        repository,
        collection,
        published: await work[kind](writer.options(collection, store)),
      };
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
          onDone?.({ repository: outcome.repository });
          io.stderr.write(renderError(outcome.error, { verbose: output.verbose, subject: outcome.repository }));
          return exitCodeForError(outcome.error);
        }
        const { repository, collection, published } = outcome;
        onDone?.({ repository, collection, published });
        if (collection.assumed !== undefined && !output.quiet) io.stderr.write(`${collection.assumed}\n`);
        remarkOn(published, { io, output });
        if (output.json) writeJson(io, publishedJson(published, collection));
        else {
          const style = createStyle(output.color);
          io.stdout.write(publishedText(published, collection, { style, nowMs: Date.now() }));
        }
        return exitCodeOfOutcome[published.outcome];
      },
    });
  } finally {
    await connection.close();
  }
}
