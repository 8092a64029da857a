import { type Digest, parseRegistryReference, type RegistryReference } from '@signet/oci';
import {
  type AskedImage,
  collectionOf,
  foldHost,
  noRefusals,
  type Policy,
  type Refusals,
  type Requirement,
  type Rule,
  type Ruling,
  ruleForKeys,
  type TagCatalogue,
} from '@signet/verifier';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import { readTrustedKeys } from '../key-file.ts';
import type { CollectionFlags } from './flags.ts';

/** The collection that a command is about, and all that is to be known of it before anything is asked. */
export interface Collection {
  /** As it was named. */
  readonly repository: RegistryReference;
  /** The name that statements and catalogue bear, `HOST/PATH`. */
  readonly name: string;
  /** The repository in which its catalogue lies. */
  readonly location: RegistryReference;
  readonly catalogue: TagCatalogue;
  readonly refuse: Refusals;
  /** What is asked of those who say what a tag of the collection is. */
  readonly rulingOfTag: (tag: string) => Ruling;
  /** What is asked of those who say something of a digest alone. */
  readonly rulingOfDigest: (digest: Digest) => Ruling;
  /** What was taken for granted for want of a policy. */
  readonly assumed?: string;
}

/**
 * The collection of a repository, as the policy has it, or as keys alone say.
 * @throws {CliError} USAGE, FILE_UNREADABLE, EXAMPLE_KEY; {PolicyError}; {KeyError}; {RegistryError} REFERENCE_INVALID
 */
export async function readCollection(text: string, flags: CollectionFlags, io: Io): Promise<Collection> {
  const repository = parseRepository(text);
  if (flags.policy === undefined) return await collectionByKeys(repository, flags, io);
  const given = byPolicy.find(([name]) => flags[name] !== undefined)?.[1];
  if (given !== undefined)
    throw new CliError('USAGE', `--policy and ${given} were given: the policy says who is trusted`);
  const { readPolicy } = await import('../policy/load.ts');
  return collectionByPolicy(repository, await readPolicy(flags.policy, flags, io), flags);
}

/** What a policy says itself. */
const byPolicy = [
  ['key', '--key'],
  ['publisher', '--publisher'],
  ['collection', '--collection'],
] as const;

/** @throws {CliError} USAGE for a tag or digest; {RegistryError} REFERENCE_INVALID */
export function parseRepository(text: string): RegistryReference {
  const reference = parseRegistryReference(text);
  if (reference.tag === undefined && reference.digest === undefined) return reference;
  throw new CliError('USAGE', `a repository is wanted, without tag or digest: ${JSON.stringify(text.slice(0, 200))}`);
}

/** What a policy says of a repository. @throws {CliError} USAGE where it has no catalogue, or several, for it */
export function collectionByPolicy(
  repository: RegistryReference,
  policy: Policy,
  { catalogue: wanted }: Pick<CollectionFlags, 'catalogue'> = {},
): Collection {
  const name = nameOf(repository);
  const fitting = policy.catalogues.flatMap((catalogue) => {
    const place = collectionOf(catalogue, name);
    return place === undefined || (wanted !== undefined && catalogue.name !== wanted) ? [] : [{ catalogue, ...place }];
  });
  const [found, ...others] = fitting;
  if (found === undefined) throw new CliError('USAGE', `no catalogue of the policy is for ${name}`, { hint: noneHint });
  if (others.length > 0) {
    const names = fitting.map(({ catalogue }) => catalogue.name).join(', ');
    throw new CliError('USAGE', `several catalogues of the policy are for ${name}: ${names}`, {
      hint: 'say which is meant: --catalogue NAME',
    });
  }
  const { catalogue, collection, location } = found;
  const named = parseRegistryReference(collection);
  const base = { fallback: policy.fallback, refuse: policy.refuse, revision: policy.revision } as const;
  const image = { registry: foldHost(named.registry), repository: named.repository };
  const rulingOf = (about: Pick<AskedImage, 'tag' | 'digest'>): Ruling => {
    const choice = policy.rules.choose({ ...image, ...about, tagNames: null });
    const rule = choice.kind === 'chosen' ? choice.by.target : undefined;
    return { ...base, atMs: Date.now(), ...(rule === undefined ? {} : { rule }) };
  };
  return {
    repository,
    name: collection,
    location: parseRegistryReference(location),
    catalogue,
    refuse: policy.refuse,
    rulingOfTag: (tag) => rulingOf({ tag }),
    rulingOfDigest: (digest) => rulingOf({ digest }),
  };
}

const noneHint = 'add it to the collections or mirrors of a catalogue; signet policy show lists what there is';

async function collectionByKeys(repository: RegistryReference, flags: CollectionFlags, io: Io): Promise<Collection> {
  const { publisher } = flags;
  if (publisher === undefined || flags.key === undefined)
    throw new CliError('USAGE', 'whose catalogue and whose tags are trusted was not said', {
      hint: 'name a policy, --policy FILE, or public keys: --publisher FILE for the catalogue, --key FILE for the tags',
    });
  const keys = await readTrustedKeys(flags, io);
  const publishers = await readTrustedKeys({ ...flags, key: publisher }, io);
  const name = nameOf(flags.collection === undefined ? repository : parseRepository(flags.collection));
  return assumedCollection(repository, {
    name,
    rule: ruleForKeys({ keys }),
    signedBy: ruleForKeys({ keys: publishers }).require,
  });
}

/** The collection without a policy: the keys that were given, and otherwise what a policy takes by default. */
export function assumedCollection(
  repository: RegistryReference,
  { name, rule, signedBy }: { readonly name: string; readonly rule: Rule; readonly signedBy: Requirement },
): Collection {
  const catalogue: TagCatalogue = {
    name: 'keys',
    collections: { name, isTree: false },
    mirrors: [],
    signedBy,
    maxAgeMs: 72 * 3_600_000,
    graceAfterExpiryMs: 0,
    onRollback: 'useTrusted',
    supersededMs: 0,
    digestReferences: 'listed',
    freshness: { mode: 'online' },
  };
  const ruling = (): Ruling => ({
    rule: { ...rule, tag: 'trusted', catalogue },
    fallback: 'deny',
    refuse: noRefusals,
    atMs: Date.now(),
  });
  return {
    repository,
    name,
    location: repository,
    catalogue,
    refuse: noRefusals,
    rulingOfTag: ruling,
    rulingOfDigest: ruling,
    assumed: `without --policy: any of the given keys may sign any tag of ${name}, and the catalogue lies in the repository itself`,
  };
}

/** `HOST/PATH`, folded. */
export function nameOf({ registry, repository }: RegistryReference): string {
  return `${foldHost(registry)}/${repository}`;
}
