import { createSoftwareSigner, generateKey, type Pace, type Signer } from '@signet/core';
import type { Store } from '@signet/oci';
import { type Catalogue, encodeCatalogue, HEAD_TAG } from '@signet/signed-tags';
import type { Requirement } from '@signet/verifier';
import { encodeHead, type NewHead, pushParts } from '../../../packages/signed-tags/src/head/encode-head.ts';
import { signFile } from '../../../packages/signed-tags/src/head/sign-file.ts';
import { contentWith, entry } from '../catalogue-data.ts';

export const collection = 'registry.example/shop/api';
const issuedMs = Date.UTC(2026, 10, 23, 9);

/** A catalogue of one tag. */
export const catalogue: Catalogue = {
  collection,
  issuedMs,
  expiresMs: issuedMs + 72 * 3_600_000,
  revoked: new Map(),
  tags: { kind: 'whole', content: contentWith({ v1: { entries: [entry('a', 10)] } }) },
};

/** Nothing takes time, and what was waited is told. */
export function recordingPace(): Pace & { readonly waits: number[] } {
  const waits: number[] = [];
  const wait = async (ms: number): Promise<void> => void waits.push(ms);
  return { waits, wait, clock: () => 0, random: () => 0.5 };
}

/** A signer, and the requirement that only it meets. */
export async function publisher(name: string): Promise<{ readonly signer: Signer; readonly signedBy: Requirement }> {
  const key = await generateKey('ecdsa-p256');
  const source = { name, keys: [key.publicKey] };
  return { signer: createSoftwareSigner(key), signedBy: { kind: 'source', source } };
}

/** Writes a head as a publisher does, with what a test changes. */
export async function putHead(
  store: Store,
  signers: readonly Signer[],
  changes: Partial<NewHead> & { readonly catalogue?: Catalogue; readonly shardBytes?: readonly Uint8Array[] } = {},
): Promise<NewHead> {
  const { catalogue: written = catalogue, shardBytes = [], ...others } = changes;
  const signed = await signFile(encodeCatalogue(written), signers);
  const head: NewHead = { ...signed, shards: [], merged: [], ...others };
  await pushParts(store, { ...head, shards: shardBytes });
  await store.tag(encodeHead(head), HEAD_TAG);
  return head;
}
