import type { PublicKey } from '@signet/core';
import { type Digest, isDigest } from '@signet/oci';
import type { Refusals } from '../policy.ts';
import type { KeyLoader } from './keys.ts';
import type { LoadedFile, Loading } from './loading.ts';
import { nodeAt } from './node.ts';
import { quoted } from './problems.ts';

const keyId = /^sha256:([0-9a-f]{64})$/;

/** What the files together refuse: digests, keys, and keys of which only the id is known. */
export async function loadRefusals(loading: Loading, loader: KeyLoader): Promise<Refusals> {
  const digests = new Set<Digest>();
  const keyIds = new Set<string>();
  const keys = new Map<string, PublicKey>();
  for (const file of loading.files) {
    for (const digest of refusedDigests(file, loading)) digests.add(digest);
    for (const key of await refusedKeys(file, loader)) {
      if (typeof key !== 'string') keys.set(key.id, key);
      keyIds.add(typeof key === 'string' ? key : key.id);
    }
  }
  return { digests, keyIds, keys: [...keys.values()] };
}

function refusedDigests(file: LoadedFile, { problems }: Loading): readonly Digest[] {
  const found: Digest[] = [];
  for (const [at, text] of (file.input.refuse?.digests ?? []).entries()) {
    const { place } = nodeAt(file.root, ['refuse', 'digests', at]);
    const digest = file.variables.expand(text, place);
    if (digest === undefined) continue;
    if (isDigest(digest)) found.push(digest);
    else problems.add(`${quoted(digest)} is not a digest`, place, { hint: 'sha256: and 64 lower-case hex digits' });
  }
  return found;
}

/** Keys, and hex ids of those that are not there. */
async function refusedKeys(file: LoadedFile, loader: KeyLoader): Promise<readonly (PublicKey | string)[]> {
  const found: (PublicKey | string)[] = [];
  for (const [at, input] of (file.input.refuse?.keys ?? []).entries()) {
    const { place } = nodeAt(file.root, ['refuse', 'keys', at]);
    const text = typeof input === 'string' ? file.variables.expand(input, place) : undefined;
    if (typeof input === 'string' && text === undefined) continue;
    const id = keyId.exec(text ?? '')?.[1];
    if (id !== undefined) found.push(id);
    else found.push(...(await loader.keysOf({ input, place, file, mayBeExample: true })));
  }
  return found;
}
