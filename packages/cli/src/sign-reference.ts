import { setTimeout as wait } from 'node:timers/promises';
import { EnvelopeError, type Payload, type PublicKey, type Signer, type SignFormat } from '@signet/core';
import {
  type Descriptor,
  type Digest,
  formatReference,
  isIndexMediaType,
  parseManifest,
  type Reference,
  type Resolved,
  type Store,
} from '@signet/oci';

/** What is signed, and how. */
export interface SignTask {
  readonly store: Store;
  readonly reference: Reference;
  readonly format: SignFormat;
  readonly annotations: Readonly<Record<string, string>>;
  /** What the signature names in place of the reference itself; undefined: nothing is named. */
  readonly signedReference?: string;
  /** The children of an index too. */
  readonly recursive: boolean;
  readonly signal: AbortSignal;
}

/** A payload, made for what a reference names now. */
export interface PreparedPayload {
  readonly subject: Descriptor;
  readonly payload: Payload;
}

/** Where a signature was stored. */
export type StoredSignature = Awaited<ReturnType<SignFormat['store']>>;

/** A signature that is in the store: made now, or found there. */
export interface SignedImage {
  readonly subject: Digest;
  readonly stored: StoredSignature;
  readonly isNew: boolean;
  readonly payload: Payload;
}

/** The payloads that {@link signReference} would sign. @throws {EnvelopeError} SUBJECT_CHANGED; {RegistryError} */
export async function preparePayloads(task: SignTask, atMs: number): Promise<readonly PreparedPayload[]> {
  const subjects = await subjectsOf(task);
  return subjects.map((subject) => ({ subject, payload: payloadFor(task, subject, atMs) }));
}

/**
 * Resolves once, signs, stores and reads back; refuses when the tag names another image than it should, before or after.
 * @throws {EnvelopeError} SUBJECT_CHANGED, SIGNATURE_SELF_CHECK, SIGNATURE_NOT_STORED; {RegistryError}; {KeyError}
 */
export async function signReference(
  task: SignTask,
  signer: Signer,
  options: { readonly atMs: number; readonly force: boolean },
): Promise<readonly SignedImage[]> {
  const prepared = await preparePayloads(task, options.atMs);
  const signed: SignedImage[] = [];
  for (const each of prepared) signed.push(await signOne(task, each, { signer, ...options }));
  const [root] = prepared;
  if (root !== undefined) await checkTag(task, root.subject.digest, 'while it was signed');
  return signed;
}

interface How {
  readonly signer: Signer;
  readonly atMs: number;
  readonly force: boolean;
}

async function signOne(task: SignTask, { subject, payload }: PreparedPayload, how: How): Promise<SignedImage> {
  const { format, store, signal } = task;
  const to = { store, subject, signal, pace: { wait: pause, random: Math.random } };
  const known = how.force ? undefined : await format.find(payload, how.signer.publicKey, to);
  if (known !== undefined) return { subject: subject.digest, stored: known, isNew: false, payload };
  const artifact = await format.seal(payload, how.signer, { signal });
  checkSelf(format.verifies(artifact, payload, how.signer.publicKey), how.signer.publicKey);
  return { subject: subject.digest, stored: await format.store(artifact, how.atMs, to), isNew: true, payload };
}

async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
}

function checkSelf(verifies: boolean, key: PublicKey): void {
  if (verifies) return;
  throw new EnvelopeError('SIGNATURE_SELF_CHECK', `the new signature does not verify with the key ${key.id}`);
}

async function subjectsOf(task: SignTask): Promise<readonly Descriptor[]> {
  const { reference, store, signal } = task;
  const root = await store.resolve(reference.digest ?? reference.tag ?? 'latest', { signal });
  if (reference.digest !== undefined) await checkTag(task, reference.digest, 'now');
  return [root.descriptor, ...(task.recursive ? childrenOf(root) : [])];
}

function childrenOf({ descriptor, bytes }: Resolved): readonly Descriptor[] {
  if (!isIndexMediaType(descriptor.mediaType)) return [];
  const index = parseManifest(bytes, descriptor.mediaType);
  return index.kind === 'index' ? index.manifests : [];
}

/** The tag of the reference names this digest. */
async function checkTag({ reference, store, signal }: SignTask, digest: Digest, when: string): Promise<void> {
  const tag = reference.tag ?? (reference.digest === undefined ? 'latest' : undefined);
  if (tag === undefined) return;
  const named = (await store.resolve(tag, { signal })).descriptor.digest;
  if (named === digest) return;
  const message = `${formatReference(reference)}: the tag ${tag} names ${named} ${when}, not ${digest}`;
  throw new EnvelopeError('SUBJECT_CHANGED', message);
}

function payloadFor(task: SignTask, subject: Descriptor, atMs: number): Payload {
  const { reference, signedReference } = task;
  return task.format.payload({
    subject,
    signedAtMs: atMs,
    annotations: task.annotations,
    ...(reference.kind === 'registry' ? { repository: `${reference.registry}/${reference.repository}` } : {}),
    ...(signedReference === undefined ? {} : { signedReference }),
  });
}
