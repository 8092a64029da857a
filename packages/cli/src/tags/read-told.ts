import { connect } from '../connect.ts';
import type { Io } from '../io.ts';
import { type OutputFlags, outputOptions } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import { readCollection } from './collection.ts';
import type { CollectionFlags } from './flags.ts';
import { readWholeHead } from './read-head.ts';
import { type ToldCatalogue, tellCatalogue } from './told-catalogue.ts';

/**
 * The catalogue of a repository, or one tag of it, read and judged.
 * @throws {CliError}; {PolicyError}; {KeyError}; {RegistryError}; {TagsError} as `readWholeHead`
 */
export async function readToldCatalogue(
  repository: string,
  flags: CollectionFlags & RegistryFlags & OutputFlags,
  io: Io,
  only?: string,
): Promise<ToldCatalogue> {
  const output = outputOptions(flags, io);
  const collection = await readCollection(repository, flags, io);
  if (collection.assumed !== undefined && !output.quiet) io.stderr.write(`${collection.assumed}\n`);
  const connection = await connect(flags, io, output, { references: [repository] });
  try {
    const source = await connection.open(collection.location);
    return await tellCatalogue(await readWholeHead(source, collection, io.signal), collection, only);
  } finally {
    await connection.close();
  }
}
