import { publish, refresh } from '@signet/signed-tags';
import { CliError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { readTrustedKeys } from '../key-file.ts';
import { type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import { createStyle } from '../style.ts';
import type { Refreshed } from './expiry-metrics.ts';
import { forEachCollection } from './for-each-collection.ts';
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
  return await forEachCollection(repositories, {
    flags,
    io,
    collectionFor: writer.collection,
    work: (collection, store) => work[kind](writer.options(collection, store)),
    show(published, { repository, collection }) {
      onDone?.({ repository, collection, published });
      remarkOn(published, { io, output });
      if (output.json) writeJson(io, publishedJson(published, collection));
      else {
        const style = createStyle(output.color);
        io.stdout.write(publishedText(published, collection, { style, nowMs: Date.now() }));
      }
      return exitCodeOfOutcome[published.outcome];
    },
    onFailed: (repository) => onDone?.({ repository }),
  });
}
