import { ANNOTATION_ENVELOPE } from '@signet/core';
import {
  createMemoryStore,
  type Descriptor,
  digestOf,
  MEDIA_TYPE_CONFIG,
  MEDIA_TYPE_EMPTY,
  MEDIA_TYPE_INDEX,
  MEDIA_TYPE_MANIFEST,
  type Platform,
  type Resolved,
  type Store,
  toDescriptorJson,
} from '@signet/oci';
import { bundleMediaType, bundleOf, statementOf, type TestKey } from './signatures.ts';

/** A memory store with what tests put into it. */
export interface Images {
  readonly store: Store;
  /** An image of its own content, by this tag where one is given. */
  readonly image: (content: string, tag?: string) => Promise<Resolved>;
  readonly index: (
    children: readonly (Descriptor & { readonly platform?: Platform })[],
    tag?: string,
  ) => Promise<Resolved>;
  /** A Sigstore bundle by this key, as a referrer. `isListed`: the listing holds it too. */
  readonly sign: (
    key: TestKey,
    subject: Resolved,
    annotations?: Readonly<Record<string, string>>,
    isListed?: boolean,
  ) => Promise<void>;
}

export function createImages(): Images {
  const store = createMemoryStore();
  const blob = async (content: string | Uint8Array, mediaType: string): Promise<Descriptor> => {
    const bytes = Buffer.from(content);
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    await store.push(bytes, descriptor);
    return descriptor;
  };
  const manifest = async (members: object, tag?: string, mediaType = MEDIA_TYPE_MANIFEST): Promise<Resolved> => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...members }));
    const resolved = { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
    await store.push(bytes, resolved.descriptor);
    if (tag !== undefined) await store.tag(resolved, tag);
    return resolved;
  };
  return {
    store,
    image: async (content, tag) =>
      await manifest({ config: await blob(JSON.stringify({ note: content }), MEDIA_TYPE_CONFIG), layers: [] }, tag),
    index: async (children, tag) =>
      await manifest({ manifests: children.map(toDescriptorJson) }, tag, MEDIA_TYPE_INDEX),
    sign: async (key, { descriptor }, annotations = {}, isListed = false) => {
      const bundle = bundleOf(statementOf(descriptor.digest, annotations), key);
      const layer = await blob(bundle, bundleMediaType);
      await manifest({
        ...(isListed ? { annotations: { [ANNOTATION_ENVELOPE]: Buffer.from(bundle).toString('base64') } } : {}),
        artifactType: bundleMediaType,
        config: toDescriptorJson(await blob('{}', MEDIA_TYPE_EMPTY)),
        layers: [toDescriptorJson(layer)],
        subject: toDescriptorJson(descriptor),
      });
    },
  };
}
