import type { Signer } from '@signet/core';
import { type Operation, publish, stage } from '@signet/signed-tags';
import { escapeForTerminal } from '@signet/verifier';
import { connect } from '../connect.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { readSigner } from '../signing-key.ts';
import { createStyle } from '../style.ts';
import type { Collection } from './collection.ts';
import { checkNoticeFlags, type NoticeFlags } from './notice-flags.ts';
import { exitCodeOfOutcome, publishedJson, publishedText, remarkOn } from './published-output.ts';
import { stateFolder } from './state-folder.ts';
import { placeWithin } from './state-place.ts';
import { readTagsNow, type TagsNow } from './tags-now.ts';
import { readAuthority, readWriter } from './writer.ts';

/** What is to be taken back, in a collection that is read. */
export interface Notification {
  /** In a few words, for people: what is removed or revoked. */
  readonly what: string;
  /** Undefined where it is done already. @throws {TagsError} TAG_NOT_SIGNED, OPERATION_REFUSED */
  readonly prepare: (
    collection: Collection,
    tagsNow: TagsNow,
    signer: Signer,
  ) => Promise<((signal: AbortSignal) => Promise<Operation>) | undefined>;
}

/**
 * Signs a removal or revocation, and publishes or records it.
 * @throws {CliError}; {PolicyError}; {KeyError}; {TagsError}; {RegistryError}
 */
export async function giveNotice(
  repository: string,
  { what, prepare }: Notification,
  { flags, io }: { readonly flags: NoticeFlags; readonly io: Io },
): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  checkNoticeFlags(flags);
  const signer = await readSigner(flags, io);
  const tagKeys = async () => [signer.publicKey];
  const writer = flags.stage === true ? undefined : await readWriter(flags, io, tagKeys);
  const collectionFor = writer?.collection ?? (await readAuthority(flags, io, { tagKeys, publishers: async () => [] }));
  const collection = collectionFor(repository);
  if (collection.assumed !== undefined && !output.quiet) io.stderr.write(`${collection.assumed}\n`);
  const connection = await connect(flags, io, output, { references: [repository] });
  try {
    const store = await connection.open(collection.location);
    const state = await placeWithin(collection, stateFolder(flags, io)).read();
    const ignoreDate = flags.ignoreDate === true;
    const tagsNow = await readTagsNow({ source: store, collection, state, ignoreDate, signal: io.signal });
    const sign = await prepare(collection, tagsNow, signer);
    const say = (word: string, outcome: string, journal: readonly string[] = []): void =>
      tell({ word, outcome, what, journal }, { collection, io, output });
    if (sign === undefined) {
      say('nothing to do', 'done-before');
      return EXIT.ok;
    }
    if (flags.dryRun === true) {
      say('would be done', 'dry-run');
      return EXIT.ok;
    }
    const operations = [await sign(io.signal)];
    if (writer === undefined) {
      const clock = { now: () => Date.now(), signal: io.signal, ignoreDate };
      const journal = await stage({ ...clock, store, collection: collection.name, operations });
      say('recorded, not yet published', 'recorded', journal);
      return EXIT.ok;
    }
    const published = await publish({ ...writer.options(collection, store), operations });
    remarkOn(published, { io, output });
    if (output.json) writeJson(io, publishedJson(published, collection));
    else io.stdout.write(publishedText(published, collection, { style: createStyle(output.color), nowMs: Date.now() }));
    return exitCodeOfOutcome[published.outcome];
  } finally {
    await connection.close();
  }
}

function tell(
  told: {
    readonly word: string;
    readonly outcome: string;
    readonly what: string;
    readonly journal: readonly string[];
  },
  { collection, io, output }: { readonly collection: Collection; readonly io: Io; readonly output: OutputOptions },
): void {
  const { word, outcome, what, journal } = told;
  if (output.json) {
    writeJson(io, { version: 1, collection: collection.name, outcome, what, journal });
    return;
  }
  io.stdout.write(`${word}  ${escapeForTerminal(collection.name)}\n  ${escapeForTerminal(what)}\n`);
  for (const ulid of journal) io.stdout.write(`  journal    ${ulid}\n`);
}
