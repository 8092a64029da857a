import type { Signer } from '@signet/core';
import { forEachSideBySide, parseReference, type RegistryReference } from '@signet/oci';
import { encodeReceipt, type Operation, publish, type Receipt, stage, TagsError } from '@signet/signed-tags';
import { signersMeet } from '@signet/verifier';
import { type Connection, connect, DEFAULT_CONCURRENCY } from '../connect.ts';
import { CliError, exitCodeForError, renderError } from '../errors.ts';
import { EXIT, type ExitCode, worstOf } from '../exit-codes.ts';
import { writeOutputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { parseAnnotationFlags } from '../options/keys.ts';
import { type OutputOptions, outputOptions } from '../options/output.ts';
import { readReferences } from '../references.ts';
import { readSigner } from '../signing-key.ts';
import type { Collection } from './collection.ts';
import { exitCodeOfOutcome } from './published-output.ts';
import { type SignedForTag, signForTag, wouldSign } from './sign-for-tag.ts';
import { checkTagSigningFlags, type SignTagsFlags } from './sign-tags-flags.ts';
import { showCurrent, showPublished, showSignatures, showStaged, showWouldSign } from './sign-tags-output.ts';
import { stateFolder } from './state-folder.ts';
import { placeWithin } from './state-place.ts';
import { readTagsNow, type TagsNow } from './tags-now.ts';
import { waitForHead } from './wait-for-head.ts';
import { readAuthority, readWriter, type Writer } from './writer.ts';

/** A reference with its tag, and how it was written. */
interface Target {
  readonly text: string;
  readonly reference: RegistryReference & { readonly tag: string };
}

interface Task {
  readonly flags: SignTagsFlags;
  readonly io: Io;
  readonly output: OutputOptions;
  readonly connection: Connection;
  /** Absent where it is only looked, without a key. */
  readonly signer?: Signer;
  /** Absent where it is staged, or only looked without the catalogue's key. */
  readonly writer?: Writer;
}

/**
 * Signs images for their tags, and publishes or records that: all tags of one collection together.
 * @throws {CliError}; {PolicyError}; {KeyError}; {TagsError} RECEIPT_INVALID; {RegistryError} REFERENCE_INVALID, CREDENTIALS
 */
export async function signTags(args: readonly string[], flags: SignTagsFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  checkTagSigningFlags(args, flags);
  parseAnnotationFlags(flags);
  const targets: Target[] = [];
  for await (const text of readReferences(args, io)) targets.push({ text, reference: withTag(text) });
  const { signer, writer, collectionFor } = await readKeys(flags, io);
  const groups = new Map<string, { readonly collection: Collection; readonly targets: Target[] }>();
  for (const target of targets) {
    const { registry, repository } = target.reference;
    const collection = collectionFor(`${registry}/${repository}`);
    const group = groups.get(collection.name) ?? { collection, targets: [] };
    group.targets.push(target);
    groups.set(collection.name, group);
  }
  const connection = await connect(flags, io, output, { references: args });
  const task: Task = {
    flags,
    io,
    output,
    connection,
    ...(signer === undefined ? {} : { signer }),
    ...(writer === undefined ? {} : { writer }),
  };
  try {
    const codes: ExitCode[] = [];
    for (const { collection, targets: some } of groups.values())
      codes.push(await signCollection(collection, some, task));
    return worstOf(codes);
  } finally {
    await connection.close();
  }
}

interface Keys extends Pick<Task, 'signer' | 'writer'> {
  readonly collectionFor: (repository: string) => Collection;
}

/**
 * The keys, and whose word counts: a policy tells that without keys, so that a look needs none.
 * @throws as {@link readSigner} and {@link readWriter}
 */
async function readKeys(flags: SignTagsFlags, io: Io): Promise<Keys> {
  const looksByPolicy = flags.dryRun === true && flags.policy !== undefined;
  const signer = looksByPolicy && flags.key === undefined ? undefined : await readSigner(flags, io);
  const tagKeys = async () => (signer === undefined ? [] : [signer.publicKey]);
  const isWriter = flags.publish === true && !(looksByPolicy && flags.catalogueKey === undefined);
  const writer = isWriter ? await readWriter(flags, io, tagKeys) : undefined;
  const collectionFor = writer?.collection ?? (await readAuthority(flags, io, { tagKeys, publishers: async () => [] }));
  return { collectionFor, ...(signer === undefined ? {} : { signer }), ...(writer === undefined ? {} : { writer }) };
}

/** @throws {CliError} USAGE for what is no tag of a registry; {RegistryError} REFERENCE_INVALID */
function withTag(text: string): Target['reference'] {
  const reference = parseReference(text);
  if (reference.kind === 'registry' && (reference.tag !== undefined || reference.digest === undefined))
    return { ...reference, tag: reference.tag ?? 'latest' };
  throw new CliError('USAGE', `a tag of a repository is wanted, REGISTRY/REPOSITORY:TAG: ${text.slice(0, 200)}`);
}

async function signCollection(collection: Collection, targets: readonly Target[], task: Task): Promise<ExitCode> {
  const { io, output } = task;
  if (collection.assumed !== undefined && !output.quiet) io.stderr.write(`${collection.assumed}\n`);
  const codes: ExitCode[] = [];
  const fail = (error: unknown, subject: string): void => {
    io.signal.throwIfAborted();
    io.stderr.write(renderError(error, { verbose: output.verbose, subject }));
    codes.push(exitCodeForError(error));
  };
  try {
    const tagsNow = await lookUp(collection, task);
    const signed = new Map<Target, SignedForTag>();
    const failed = new Map<Target, unknown>();
    await forEachSideBySide(targets, task.flags.concurrency ?? DEFAULT_CONCURRENCY, async (target) => {
      try {
        const done = await signOne(target, { collection, tagsNow, task });
        if (done !== undefined) signed.set(target, done);
      } catch (error) {
        failed.set(target, error);
      }
    });
    for (const target of targets) {
      const done = signed.get(target);
      if (done?.kind === 'current') await tellCurrent(target, done, { collection, tagsNow, task });
      else if (done !== undefined) showSignatures(target.reference, done.results, { io, output });
      if (failed.has(target)) fail(failed.get(target), target.text);
    }
    const operations = [...signed.values()].flatMap((done) => (done.kind === 'signed' ? [done] : []));
    if (operations.length > 0) codes.push(await put(collection, operations, task));
  } catch (error) {
    fail(error, collection.name);
  }
  return worstOf(codes);
}

/** Before anything is signed: what could not be published for want of state or receipt is told now. */
async function lookUp(collection: Collection, { flags, io, connection, writer }: Task): Promise<TagsNow> {
  if (writer !== undefined) checkPublisher(collection, writer);
  const source = await connection.open(collection.location);
  const state = await placeWithin(collection, stateFolder(flags, io)).read();
  const isCold = state === undefined && flags.after === undefined && flags.cold !== true;
  const tagsNow = await readTagsNow({
    source,
    collection,
    state,
    ignoreDate: flags.ignoreDate === true,
    signal: io.signal,
  });
  if (flags.publish === true && isCold)
    throw new TagsError('WRITER_COLD', 'nothing is remembered of this collection: nothing was signed');
  return tagsNow;
}

/** @throws {TagsError} SIGNER_NOT_TRUSTED */
function checkPublisher({ name, catalogue, refuse }: Collection, { signers }: Writer): void {
  const known = signers
    .filter(({ publicKey }) => !refuse.keyIds.has(publicKey.id))
    .map(({ publicKey }) => ({ identity: { kind: 'key', keyId: publicKey.id }, format: 'sigstore' }) as const);
  if (signersMeet(catalogue.signedBy, known)) return;
  throw new TagsError(
    'SIGNER_NOT_TRUSTED',
    `the catalogue of ${name} would be signed by nobody who may: nothing was signed`,
  );
}

interface Within {
  readonly collection: Collection;
  readonly tagsNow: TagsNow;
  readonly task: Task;
}

/** Undefined where it was only looked. */
async function signOne(
  { reference }: Target,
  { collection, tagsNow, task }: Within,
): Promise<SignedForTag | undefined> {
  const { flags, io, output, connection, signer } = task;
  const now = await tagsNow.of(reference.tag);
  const to = {
    reference,
    store: await connection.open(reference),
    collection,
    now,
    revoked: tagsNow.revoked,
    again: flags.again === true,
    rollback: flags.rollback === true,
    recursive: flags.recursive === true,
    annotations: parseAnnotationFlags(flags),
    signal: io.signal,
  };
  if (flags.dryRun !== true && signer !== undefined) return await signForTag({ ...to, signer });
  const planned = await wouldSign(signer === undefined ? to : { ...to, signer });
  showWouldSign(planned, { reference, now, io, output });
  return undefined;
}

type Signed = Extract<SignedForTag, { kind: 'signed' }>;

async function put(collection: Collection, signed: readonly Signed[], task: Task): Promise<ExitCode> {
  const { flags, io, output, connection, writer } = task;
  const store = await connection.open(collection.location);
  const operations: readonly Operation[] = signed.map(({ operation }) => operation);
  if (writer !== undefined) {
    const published = await publish({ ...writer.options(collection, store), operations });
    showPublished(published, collection, { io, output });
    const [result] = published.operations;
    const { head } = published;
    if (result?.atMs !== undefined && result.operation.kind === 'sign' && head !== undefined)
      await writeReceipt(
        { ...receiptOf(collection, result.operation), atMs: result.atMs, issuedMs: head.issuedMs },
        task,
      );
    return exitCodeOfOutcome[published.outcome];
  }
  const options = { now: () => Date.now(), signal: io.signal, ignoreDate: flags.ignoreDate === true };
  const journal = await stage({ ...options, store, collection: collection.name, operations });
  if (flags.wait === undefined) {
    showStaged({ journal, waited: undefined }, { collection, signed, io, output });
    return EXIT.ok;
  }
  const untilMs = Date.now() + flags.wait;
  const waited = await waitForHead({ store, collection, signed, untilMs, signal: io.signal });
  showStaged({ journal, waited }, { collection, signed, io, output });
  const [first] = signed;
  if (waited.isThere && first !== undefined) {
    const { atMs = first.signedAtMs } = waited;
    await writeReceipt({ ...receiptOf(collection, first.operation), atMs, issuedMs: waited.issuedMs }, task);
  }
  return waited.isThere ? EXIT.ok : EXIT.undecided;
}

async function tellCurrent(
  { reference }: Target,
  { entry }: Extract<SignedForTag, { kind: 'current' }>,
  { collection, tagsNow, task }: Within,
): Promise<void> {
  const { io, output } = task;
  showCurrent(reference, entry, { io, output });
  const { digest, atMs } = entry;
  const { issuedMs = atMs } = tagsNow;
  await writeReceipt({ ...receiptOf(collection, { tag: reference.tag, digest }), atMs, issuedMs }, task);
}

function receiptOf({ name: collection }: Collection, { tag, digest }: Pick<Receipt, 'tag' | 'digest'>) {
  return { collection, tag, digest };
}

/** One that was there is of an earlier run of the same job. @throws {CliError} FILE_UNWRITABLE */
async function writeReceipt(receipt: Receipt, { flags }: Task): Promise<void> {
  if (flags.receipt !== undefined) await writeOutputFile(flags.receipt, encodeReceipt(receipt), { force: true });
}
