import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSoftwareSigner, parsePrivateKey, type Signer, sigstoreFormat } from '@signet/core';
import {
  createRegistryClient,
  type Descriptor,
  digestOf,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  forEachSideBySide,
  formatReference,
  openLayout,
  parseRegistryReference,
  type RegistryReference,
  type Store,
} from '@signet/oci';
import { buildImage } from '../../packages/cli/src/demo/image.ts';

/** What an image of the stage is, and thereby what an audit must say of it. */
export type StageKind = 'signed' | 'unsigned' | 'wrong-key' | 'lost-blob';

/** How a stage is built: `kindOf` gives the kind of each image, `nameOf` its `REPOSITORY:TAG`. */
export interface StageOptions {
  /** The registry, as references name it. */
  readonly host: string;
  /** Where repositories are written. Default: by the registry itself. */
  readonly open?: (repository: string) => Promise<Store>;
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
  const { host, open = async (repository) => client.repository({ registry: host, repository }) } = options;
  const [trusted, other] = await Promise.all([options.trusted, options.other].map(readSigner));
  if (trusted === undefined || other === undefined) throw new RangeError('two keys are wanted');
  try {
    await forEachSideBySide([...new Array(options.images).keys()], 16, async (at) => {
      const reference = parseRegistryReference(`${host}/${options.nameOf(at)}`);
      const kind = options.kindOf(at);
      const signer = kind === 'wrong-key' ? other : trusted;
      await pushOne({ store: await open(reference.repository), reference, kind, signer });
    });
  } finally {
    await client.close();
  }
}

/** Layouts below a folder, as the embedded registry keeps its repositories: thousands of images need no requests. */
export function layoutsBelow(root: string): (repository: string) => Promise<Store> {
  const opened = new Map<string, Promise<Store>>();
  return (repository) => {
    const known = opened.get(repository);
    if (known !== undefined) return known;
    const store = openLayout(join(root, repository, '_layout'), { create: true, exclusive: true });
    opened.set(repository, store);
    return store;
  };
}

async function readSigner(path: string): Promise<Signer> {
  return createSoftwareSigner(await parsePrivateKey(readFileSync(path)));
}

interface OneImage {
  readonly store: Store;
  readonly reference: RegistryReference;
  readonly kind: StageKind;
  readonly signer: Signer;
}

async function pushOne({ store, reference, kind, signer }: OneImage): Promise<void> {
  const signedReference = formatReference(reference);
  const { descriptor: subject } = await buildImage(store, reference.tag ?? 'latest', signedReference);
  if (kind === 'unsigned') return;
  if (kind === 'lost-blob') return await attachLost(store, subject);
  const payload = sigstoreFormat.payload({ subject, signedAtMs: Date.now(), annotations: {}, signedReference });
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
