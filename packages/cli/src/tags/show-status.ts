import type { PublicKey } from '@signet/core';
import { type Status, status } from '@signet/signed-tags';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { readAnyKeys, readTrustedKeys } from '../key-file.ts';
import { type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import { createStyle } from '../style.ts';
import { forEachCollection } from './for-each-collection.ts';
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
  return await forEachCollection(repositories, {
    flags,
    io,
    collectionFor,
    work: (collection, store) =>
      status({ store, authority: authorityOf(collection), now: () => Date.now(), signal: io.signal }),
    show(told, { collection }) {
      const nowMs = Date.now();
      if (output.json) writeJson(io, statusJson(told, collection, nowMs));
      else io.stdout.write(statusText(told, collection, { style: createStyle(output.color), nowMs }));
      return codeOf(told);
    },
  });
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
