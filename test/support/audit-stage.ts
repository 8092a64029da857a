import { readFileSync } from 'node:fs';
import { createSoftwareSigner, parsePrivateKey, type Signer, sigstoreFormat } from '@signet/core';
import {
  createRegistryClient,
  forEachSideBySide,
  MEDIA_TYPE_MANIFEST,
  parseManifest,
  parseRegistryReference,
  type RegistryClient,
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
  const payload = sigstoreFormat.payload({
    subject,
    signedAtMs: Date.now(),
    annotations: {},
    signedReference: reference,
  });
  const pace = { wait: () => Promise.resolve(), clock: () => 0, random: Math.random };
  await sigstoreFormat.store(await sigstoreFormat.seal(payload, signer), Date.now(), { store, subject, pace });
  if (kind !== 'lost-blob') return;
  for await (const { descriptors } of store.referrers(subject)) {
    for (const descriptor of descriptors) {
      const manifest = parseManifest(await store.fetch(descriptor), MEDIA_TYPE_MANIFEST);
      if (manifest.kind === 'manifest') for (const layer of manifest.layers) await store.delete(layer);
    }
  }
}
