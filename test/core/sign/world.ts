import {
  createSoftwareSigner,
  generateKey,
  type PrivateKey,
  type SignImageOptions,
  sigstoreFormat,
} from '@signet/core';
import {
  createMemoryStore,
  type Descriptor,
  encodeManifest,
  listReferrers,
  parseReference,
  type Resolved,
  type Store,
} from '@signet/oci';
import { pace } from '../formats/signing-world.ts';

/** A manifest that differs by its name. */
export function imageNamed(name: string): Resolved {
  return encodeManifest({ kind: 'manifest', artifactType: 'application/x.test', annotations: { name } });
}

/** An index over these manifests. */
export function indexOf(...children: readonly Resolved[]): Resolved {
  return encodeManifest({ kind: 'index', manifests: children.map(({ descriptor }) => descriptor) });
}

/** A memory store with these manifests, the first under the tag `v1`. */
export async function storeOf(tagged: Resolved, ...others: readonly Resolved[]): Promise<Store> {
  const store = createMemoryStore();
  for (const { bytes, descriptor } of others) await store.push(bytes, descriptor);
  await store.tag(tagged, 'v1');
  return store;
}

export const signedAtMs: number = Date.UTC(2026, 10, 23, 9, 0, 0, 120);

/** Options that sign `r.example/team/web:v1` as the default format. */
export function optionsFor(store: Store, key: PrivateKey, changes: Partial<SignImageOptions> = {}): SignImageOptions {
  return {
    store,
    reference: parseReference('r.example/team/web:v1'),
    format: sigstoreFormat,
    signer: createSoftwareSigner(key),
    signedAtMs,
    pace,
    ...changes,
  };
}

export const newKey = (): Promise<PrivateKey> => generateKey('ecdsa-p256');

/** How many signatures refer to a manifest. */
export async function countSignatures(store: Store, subject: Descriptor): Promise<number> {
  return (await listReferrers(store, subject)).length;
}
