import { readFileSync } from 'node:fs';
import { createSoftwareSigner, parsePrivateKey, type Signer, sigstoreFormat } from '@signet/core';
import {
  createRegistryClient,
  type Descriptor,
  digestOf,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  forEachSideBySide,
  parseRegistryReference,
  type RegistryClient,
  type Store,
} from '@signet/oci';
import { buildImage } from '../../packages/cli/src/demo/image.ts';

/** What an image of the stage is, and thereby what an audit must say of it. */
export type StageKind = 'signed' | 'unsigned' | 'wrong-key' | 'lost-blob';

/** How a stage is built: `kindOf` gives the kind of each image, `nameOf` its `REPOSITORY:TAG`. */
export interface StageOptions {
  readonly host: string;
  readonly images: number;
  readonly kindOf: (at: number) => StageKind;
  readonly nameOf: (at: number) => string;
  /** Private key files without password. */
  readonly trusted: string;
  readonly other: string;
}

/** Pushes so many different images, and signs those that are to be signed. `lost-blob`: the signature's payload is gone. */
export async function buildAuditStage(options: StageOptions): Promise<void> {
  const client = createRegistryClient();
  const [trusted, other] = await Promise.all([options.trusted, options.other].map(readSigner));
  if (trusted === undefined || other === undefined) throw new RangeError('two keys are wanted');
  try {
    await forEachSideBySide([...new Array(options.images).keys()], 16, async (at) => {
      const reference = `${options.host}/${options.nameOf(at)}`;
      const kind = options.kindOf(at);
      await pushOne({ client, reference, kind, signer: kind === 'wrong-key' ? other : trusted });
    });
  } finally {
    await client.close();
  }
}

async function readSigner(path: string): Promise<Signer> {
  return createSoftwareSigner(await parsePrivateKey(readFileSync(path)));
}

interface OneImage {
  readonly client: RegistryClient;
  readonly reference: string;
  readonly kind: StageKind;
  readonly signer: Signer;
}

async function pushOne({ client, reference, kind, signer }: OneImage): Promise<void> {
  const parsed = parseRegistryReference(reference);
  const store = client.repository(parsed);
  const { descriptor: subject } = await buildImage(store, parsed.tag ?? 'latest', reference);
  if (kind === 'unsigned') return;
  if (kind === 'lost-blob') return await attachLost(store, subject);
  const payload = sigstoreFormat.payload({
    subject,
    signedAtMs: Date.now(),
    annotations: {},
    signedReference: reference,
  });
  const pace = { wait: () => Promise.resolve(), clock: () => 0, random: Math.random };
  await sigstoreFormat.store(await sigstoreFormat.seal(payload, signer), Date.now(), { store, subject, pace });
}

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** What says that it is a signature, and whose content is gone: it might have been a good one. */
async function attachLost(store: Store, subject: Descriptor): Promise<void> {
  const bytes = Buffer.from(`{"lost":"${subject.digest}"}`);
  const layer: Descriptor = { mediaType: bundleType, digest: digestOf(bytes), size: bytes.length };
  for (const [content, as] of [[bytes, layer] as const, [emptyContent, emptyDescriptor] as const])
    await store.push(content, as);
  const artifact = encodeManifest({ kind: 'manifest', artifactType: bundleType, layers: [layer], subject });
  await store.push(artifact.bytes, artifact.descriptor);
  await store.delete(layer);
}
