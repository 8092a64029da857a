import type { PublicKey } from '@signet/core';
import { checkNothingThere, init, type Operation, type Published } from '@signet/signed-tags';
import { connect } from '../connect.ts';
import type { Io } from '../io.ts';
import type { OutputOptions } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { Collection } from './collection.ts';
import { catalogueNameOf, type PolicyLines, policyLinesOf } from './policy-lines.ts';
import { stateFolder } from './state-folder.ts';
import { placeOf } from './state-place.ts';
import type { Writer, WriterFlags } from './writer.ts';

/** A first catalogue, and what belongs to it. */
export interface Beginning {
  readonly collection: Collection;
  /** Absent where it was only looked whether it can be made. */
  readonly published?: Published;
  /** Private keys that sign it, as they were named. */
  readonly catalogueKeys: readonly string[];
  /** File of what is remembered; absent where nothing is. */
  readonly statePath?: string;
  /** Absent where there is a policy that says it. */
  readonly policy?: PolicyLines;
}

/** What a beginning needs to know. */
export interface BeginOptions {
  readonly writer: Writer;
  readonly flags: WriterFlags & RegistryFlags & { readonly dryRun?: boolean };
  readonly io: Io;
  readonly output: OutputOptions;
  /** Empty where a policy says who signs tags. */
  readonly tagKeys: readonly PublicKey[];
  readonly operations?: readonly Operation[];
}

/** @throws {TagsError} CATALOGUE_EXISTS, …; {RegistryError}; {CliError} */
export async function beginCollection(text: string, options: BeginOptions): Promise<Beginning> {
  const { writer, flags, io, output, tagKeys, operations = [] } = options;
  const collection = writer.collection(text);
  const connection = await connect(flags, io, output, { references: [text] });
  try {
    const store = await connection.open(collection.location);
    const { allowCold: _, afterMs: __, ...writing } = writer.options(collection, store);
    const isLook = flags.dryRun === true;
    const published = isLook ? undefined : await init({ ...writing, operations });
    if (isLook) await checkNothingThere(writing);
    const folder = stateFolder(flags, io);
    const place = folder === undefined ? undefined : placeOf(underPolicy(collection, flags), folder);
    const known = published === undefined ? undefined : await writing.state.read();
    if (known !== undefined) await place?.merge(known);
    const catalogueKeys = writer.signers.map(({ publicKey }) => publicKey);
    return {
      collection,
      ...(published === undefined ? {} : { published }),
      catalogueKeys: flags.catalogueKey ?? [],
      ...(place === undefined ? {} : { statePath: place.path }),
      ...(flags.policy === undefined
        ? { policy: await policyLinesOf({ name: collection.name, tagKeys, catalogueKeys }) }
        : {}),
    };
  } finally {
    await connection.close();
  }
}

/** Without a policy the one that is proposed counts: whoever takes it goes on from what is remembered here. */
function underPolicy(collection: Collection, { policy }: Pick<WriterFlags, 'policy'>): Collection {
  if (policy !== undefined) return collection;
  return { ...collection, catalogue: { ...collection.catalogue, name: catalogueNameOf(collection.name) } };
}
