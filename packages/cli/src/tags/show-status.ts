import type { PublicKey } from '@signet/core';
import { type Status, status } from '@signet/signed-tags';
import { connect, DEFAULT_CONCURRENCY } from '../connect.ts';
import { exitCodeForError, renderError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { readAnyKeys, readTrustedKeys } from '../key-file.ts';
import { type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import { forEachReference } from '../references.ts';
import { createStyle } from '../style.ts';
import type { Collection } from './collection.ts';
import { statusJson, statusText } from './status-output.ts';
import { authorityOf, readAuthority, refuseKeysBesidePolicy } from './writer.ts';
import type { AuthorityFlags, CatalogueKeyFlags } from './writer-flags.ts';

/** Who is trusted, and where it is asked. */
export type StatusFlags = AuthorityFlags &
  CatalogueKeyFlags &
  RegistryFlags &
  OutputFlags & {
    readonly key?: readonly string[];
    readonly publisher?: readonly string[];
  };

type Outcome =
  | { readonly kind: 'read'; readonly collection: Collection; readonly status: Status }
  | { readonly kind: 'failed'; readonly repository: string; readonly error: unknown };

/** How the catalogues of repositories stand, and what `codeOf` makes of it. Nothing is written. @throws {CliError}; {PolicyError}; {KeyError} */
export async function showStatus(
  repositories: readonly string[],
  flags: StatusFlags,
  io: Io,
  codeOf: (status: Status) => ExitCode,
): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  refuseKeysBesidePolicy(flags);
  const collectionFor = await readAuthority(flags, io, {
    tagKeys: () => readTrustedKeys(flags, io),
    publishers: () => publishersOf(flags, io),
  });
  const connection = await connect(flags, io, output, { references: repositories });
  const outcomeOf = async (repository: string): Promise<Outcome> => {
    try {
      const collection = collectionFor(repository);
      const store = await connection.open(collection.location);
      const options = { store, authority: authorityOf(collection), now: () => Date.now(), signal: io.signal };
      return { kind: 'read', collection, status: await status(options) };
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
          io.stderr.write(renderError(outcome.error, { verbose: output.verbose, subject: outcome.repository }));
          return exitCodeForError(outcome.error);
        }
        const { collection } = outcome;
        const nowMs = Date.now();
        if (collection.assumed !== undefined && !output.quiet) io.stderr.write(`${collection.assumed}\n`);
        if (output.json) writeJson(io, statusJson(outcome.status, collection, nowMs));
        else io.stdout.write(statusText(outcome.status, collection, { style: createStyle(output.color), nowMs }));
        return codeOf(outcome.status);
      },
    });
  } finally {
    await connection.close();
  }
}

/** Public keys, or what a private key that was named has of one. @throws {CliError} USAGE, FILE_UNREADABLE, PASSWORD_NEEDED; {KeyError} */
async function publishersOf(flags: StatusFlags, io: Io): Promise<readonly PublicKey[]> {
  const { publisher, catalogueKey = [], cataloguePasswordFile } = flags;
  if (publisher !== undefined || catalogueKey.length === 0)
    return await readTrustedKeys({ ...flags, ...(publisher === undefined ? {} : { key: publisher }) }, io);
  const keys: PublicKey[] = [];
  for (const path of catalogueKey) keys.push(...(await readAnyKeys(path, { file: cataloguePasswordFile }, io)));
  return keys;
}
