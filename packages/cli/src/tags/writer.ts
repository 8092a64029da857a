import type { PublicKey, Signer } from '@signet/core';
import type { Store } from '@signet/oci';
import {
  type Authority,
  type ColdOptions,
  parseReceipt,
  type StatePlace,
  type WriterOptions,
} from '@signet/signed-tags';
import { ruleForKeys } from '@signet/verifier';
import { CliError } from '../errors.ts';
import { readInputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { readSigner } from '../signing-key.ts';
import { assumedCollection, type Collection, collectionByPolicy, nameOf, parseRepository } from './collection.ts';
import { stateFolder } from './state-folder.ts';
import { placeWithin } from './state-place.ts';
import type { AuthorityFlags, CatalogueKeyFlags, PublishingFlags } from './writer-flags.ts';

/** All that commands which write catalogues are told beside what they write. */
export type WriterFlags = AuthorityFlags & CatalogueKeyFlags & PublishingFlags;

/** Who writes catalogues: of which collections is asked for each repository. */
export interface Writer {
  /** Of the catalogue. */
  readonly signers: readonly Signer[];
  /** @throws {CliError} USAGE; {RegistryError} REFERENCE_INVALID */
  readonly collection: (repository: string) => Collection;
  /** What is remembered of it. */
  readonly place: (collection: Collection) => StatePlace;
  /** For the library; `store` is that of the collection's location. @throws {CliError} USAGE where the receipt is of another collection */
  readonly options: (collection: Collection, store: Store) => WriterOptions & ColdOptions;
}

/**
 * Reads keys, policy and receipt. `tagKeys`: who signs tags, asked for where there is no policy.
 * @throws {CliError} USAGE, FILE_UNREADABLE, PASSWORD_NEEDED, EXAMPLE_KEY; {KeyError}; {PolicyError}; {TagsError} RECEIPT_INVALID
 */
export async function readWriter(
  flags: WriterFlags,
  io: Io,
  tagKeys: () => Promise<readonly PublicKey[]>,
): Promise<Writer> {
  const signers = await readCatalogueSigners(flags, io);
  const publishers = signers.map(({ publicKey }) => publicKey);
  const collection = await readAuthority(flags, io, { tagKeys, publishers: async () => publishers });
  const folder = stateFolder(flags, io);
  const { after, cold, settle, keepHistory, ignoreDate } = flags;
  const receipt = after === undefined ? undefined : parseReceipt(await readInputFile(after));
  const place = (of: Collection): StatePlace => placeWithin(of, folder);
  return {
    signers,
    collection,
    place,
    options: (of, store) => {
      if (receipt !== undefined && receipt.collection !== of.name)
        throw new CliError('USAGE', `--after: the receipt is that of ${receipt.collection}, not of ${of.name}`);
      return {
        store,
        authority: authorityOf(of),
        signers,
        state: place(of),
        now: () => Date.now(),
        signal: io.signal,
        ...(receipt === undefined ? {} : { afterMs: receipt.issuedMs }),
        ...(cold === true ? { allowCold: true } : {}),
        ...(settle === undefined ? {} : { settleMs: settle }),
        ...(keepHistory === true ? { keepHistory: true } : {}),
        ...(ignoreDate === true ? { ignoreDate: true } : {}),
      };
    },
  };
}

/**
 * Whose word counts for a repository: that of the policy, or of the given keys. Nothing is read for a repository.
 * @throws {CliError}; {PolicyError}; {KeyError}
 */
export async function readAuthority(
  flags: AuthorityFlags,
  io: Io,
  keys: {
    readonly tagKeys: () => Promise<readonly PublicKey[]>;
    /** Who signs the catalogue, where there is no policy. */
    readonly publishers: () => Promise<readonly PublicKey[]>;
  },
): Promise<(repository: string) => Collection> {
  if (flags.policy !== undefined) {
    if (flags.collection !== undefined)
      throw new CliError('USAGE', '--policy and --collection were given: the policy says which collection it is');
    const { readPolicy } = await import('../policy/load.ts');
    const policy = await readPolicy(flags.policy, flags, io);
    return (text) => collectionByPolicy(parseRepository(text), policy, flags);
  }
  if (flags.catalogue !== undefined)
    throw new CliError('USAGE', '--catalogue was given: it is the name of a catalogue of a policy', {
      hint: 'name the policy, --policy FILE; the key that signs a catalogue is --catalogue-key FILE',
    });
  const rule = ruleForKeys({ keys: await keys.tagKeys() });
  const signedBy = ruleForKeys({ keys: await keys.publishers() }).require;
  const { collection } = flags;
  return (text) => {
    const repository = parseRepository(text);
    const name = nameOf(collection === undefined ? repository : parseRepository(collection));
    return assumedCollection(repository, { name, rule, signedBy });
  };
}

/** The policy says who is trusted. @throws {CliError} USAGE */
export function refuseKeysBesidePolicy(flags: {
  readonly policy?: string;
  readonly key?: readonly string[];
  readonly publisher?: readonly string[];
}): void {
  const given = flags.key === undefined ? flags.publisher && '--publisher' : '--key';
  if (flags.policy !== undefined && given !== undefined)
    throw new CliError('USAGE', `--policy and ${given} were given: the policy says who is trusted`);
}

/** What the library wants to know of a collection. */
export function authorityOf({ name, catalogue, refuse, rulingOfTag, rulingOfDigest }: Collection): Authority {
  return { collection: name, signedBy: catalogue.signedBy, refuse, rulingOfTag, rulingOfDigest };
}

/** One after the other: each may ask for a password. */
async function readCatalogueSigners(
  { catalogueKey = [], cataloguePasswordFile, allowExampleKeys }: WriterFlags,
  io: Io,
): Promise<readonly Signer[]> {
  if (catalogueKey.length === 0)
    throw new CliError('USAGE', 'which key signs the catalogue was not said', {
      hint: 'name a private key: --catalogue-key FILE',
    });
  const signers: Signer[] = [];
  for (const key of catalogueKey) {
    const password = cataloguePasswordFile === undefined ? {} : { passwordFile: cataloguePasswordFile };
    signers.push(
      await readSigner({ key, ...password, ...(allowExampleKeys === true ? { allowExampleKeys } : {}) }, io),
    );
  }
  return signers;
}
