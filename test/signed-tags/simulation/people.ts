import { createHash, createPrivateKey } from 'node:crypto';
import { createSoftwareSigner, type PrivateKey, privateKeyFrom, type Signer } from '@signet/core';
import type { TrustSource } from '@signet/verifier';

/** Who signs tags, and who signs catalogues. */
export type Person = 'alice' | 'bob' | 'carol' | 'publisher' | 'successor';

const made = new Map<Person, { readonly key: PrivateKey; readonly signer: Signer; readonly source: TrustSource }>();

/** Ed25519 of a fixed seed: the same signatures, and so the same digests, whenever a simulation is run. */
export function keyOf(person: Person): PrivateKey {
  return of(person).key;
}

export function signerOf(person: Person): Signer {
  return of(person).signer;
}

/** What a policy trusts this person by. */
export function sourceOf(person: Person): TrustSource {
  return of(person).source;
}

/** PKCS #8 of an Ed25519 key, but for its 32 bytes. Rule: RFC 8410, 7 */
const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

function of(person: Person) {
  const known = made.get(person);
  if (known !== undefined) return known;
  const seed = createHash('sha256').update(`simulated ${person}`).digest();
  const key = privateKeyFrom(createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' }));
  const all = { key, signer: createSoftwareSigner(key), source: { name: person, keys: [key.publicKey] } };
  made.set(person, all);
  return all;
}
