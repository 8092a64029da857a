import { type Content, TagsError, viewCatalogue } from '@signet/signed-tags';
import { connect } from '../connect.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode, worstOf } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import { promptLine } from '../prompt.ts';
import { createStyle } from '../style.ts';
import { type AdoptableTag, type Adoption, judgeTags, referencesOf } from './adopt-tags.ts';
import { adoptableJson, adoptableText } from './adopted-output.ts';
import { beginCollection } from './begin-collection.ts';
import { beginningJson, beginningText } from './beginning-output.ts';
import type { Collection } from './collection.ts';
import { signTags } from './sign-tags.ts';
import { authorityOf, readAuthority, readWriter, type WriterFlags } from './writer.ts';

/** Options of `signet tags init --adopt`. */
export interface AdoptFlags extends WriterFlags, RegistryFlags, OutputFlags {
  /** The private key that signs the tags. */
  readonly key?: readonly string[];
  readonly passwordFile?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/**
 * Begins signed tags for a repository in use: what each tag names now is judged by the policy as it was until now, and what is accepted is signed for its
 * tag and published. Called again, it does what is left. @throws {CliError} USAGE; what the steps throw
 */
export async function adoptCollection(text: string, flags: AdoptFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const { key: [key, ...others] = [], policy, dryRun = false } = flags;
  if (policy === undefined)
    throw new CliError('USAGE', '--adopt needs --policy: it says which images were good until now');
  if (others.length > 0 || (key === undefined && !dryRun))
    throw new CliError('USAGE', '--adopt signs with one private key: --key FILE');
  const collection = await collectionOf(text, flags, io);
  const judged = await judgedTags(text, collection, { flags, io, output });

  if (output.json) writeJson(io, { version: 1, collection: collection.name, tags: adoptableJson(judged) });
  else io.stdout.write(adoptableText(judged, createStyle(output.color)));
  const codes = judged.map(({ adoption }) => exitCodes[adoption]);
  const references = referencesOf(judged, collection);
  if (dryRun || references.length === 0) return worstOf(codes);
  await confirm(references.length, flags, io);
  await begin(text, { flags, io, output });
  const signing = { ...flags, key: key ?? '', publish: true, format: 'sigstore' } as const;
  return worstOf([...codes, await signTags(references, signing, io)]);
}

async function collectionOf(text: string, flags: AdoptFlags, io: Io): Promise<Collection> {
  const nobody = async (): Promise<readonly never[]> => [];
  return (await readAuthority(flags, io, { tagKeys: nobody, publishers: nobody }))(text);
}

const exitCodes: Readonly<Record<Adoption, ExitCode>> = {
  accepted: EXIT.ok,
  there: EXIT.ok,
  differs: EXIT.denied,
  denied: EXIT.denied,
  undecided: EXIT.undecided,
};

interface Adopting {
  readonly flags: AdoptFlags;
  readonly io: Io;
  readonly output: OutputOptions;
}

async function judgedTags(
  text: string,
  collection: Collection,
  { flags, io, output }: Adopting,
): Promise<readonly AdoptableTag[]> {
  const connection = await connect(flags, io, output, { references: [text] });
  try {
    const { signal } = io;
    const store = await connection.open(collection.location);
    const held = await heldBy({ store, authority: authorityOf(collection), now: () => Date.now(), signal });
    return await judgeTags(await connection.open(collection.repository), { collection, held, signal });
  } finally {
    await connection.close();
  }
}

/** What the catalogue says that is there; undefined where there is none that is trusted. */
async function heldBy(question: Parameters<typeof viewCatalogue>[0]): Promise<Content | undefined> {
  try {
    return (await viewCatalogue(question)).content;
  } catch (error) {
    if (error instanceof TagsError && error.code === 'HEAD_MISSING') return undefined;
    throw error;
  }
}

async function confirm(count: number, { yes }: AdoptFlags, io: Io): Promise<void> {
  const answer = yes === true ? 'yes' : await promptLine(`Sign ${count} tags as what they name now? (yes or no) `, io);
  if (answer === 'yes') return;
  if (answer === 'no') throw new CliError('INTERRUPTED', 'nothing was signed');
  throw new CliError('USAGE', 'whether the tags are signed as what they name now was not said', { hint: '--yes' });
}

/** Where it was begun before, and broken off, it goes on. */
async function begin(text: string, { flags, io, output }: Adopting): Promise<void> {
  const { key: _, ...own } = flags;
  const writer = await readWriter(own, io, async () => []);
  try {
    const begun = await beginCollection(text, { writer, flags: own, io, output, tagKeys: [] });
    if (output.json) writeJson(io, beginningJson(begun));
    else io.stdout.write(beginningText(begun, { style: createStyle(output.color), nowMs: Date.now() }));
  } catch (error) {
    if (!(error instanceof TagsError) || error.code !== 'CATALOGUE_EXISTS') throw error;
    if (!output.quiet)
      io.stderr.write('note: there is a catalogue already: what it does not say yet is signed into it\n');
  }
}
