import {
  createSoftwareSigner,
  type Payload,
  type PrivateKey,
  type SignatureArtifact,
  type SignFormat,
  type SignRequest,
} from '@signet/core';
import { createMemoryStore, type Descriptor, digestOf, MEDIA_TYPE_MANIFEST, type Store } from '@signet/oci';

const image = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE_MANIFEST,
    config: {
      mediaType: 'application/vnd.oci.empty.v1+json',
      digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
      size: 2,
    },
    layers: [],
  }),
);

/** The image that the tests of this folder sign. */
export const subject: Descriptor = { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(image), size: image.length };

/** No test waits, requests take no time, and the dice always fall the same. */
export const pace = { wait: async (): Promise<void> => {}, clock: (): number => 0, random: (): number => 0.5 };

export const request: SignRequest = {
  subject,
  repository: 'r.example/team/web',
  signedReference: 'r.example/team/web:1.4',
  signedAtMs: Date.UTC(2026, 10, 23, 9, 0, 0, 120),
  annotations: { env: 'prod' },
};

/** A memory store that has the image. */
export async function storeWithImage(): Promise<Store> {
  const store = createMemoryStore();
  await store.push(image, subject);
  return store;
}

/** Payload and artifact of one signature. */
export async function sealed(
  format: SignFormat,
  key: PrivateKey,
  changes: Partial<SignRequest> = {},
): Promise<{ readonly payload: Payload; readonly artifact: SignatureArtifact }> {
  const payload = format.payload({ ...request, ...changes });
  return { payload, artifact: await format.seal(payload, createSoftwareSigner(key)) };
}
