import { type SignatureScheme, verifySignature } from '@signet/core';
import { DctError } from '../errors.ts';
import type { TrustKey } from '../metadata/keys.ts';
import type { RoleKeys } from '../metadata/roles.ts';
import type { FileSignature, SignedFile } from '../metadata/signed.ts';

/** Notary's signature methods. `pycrypto-pkcs#1 pss`, which nothing writes, is not taken. */
const schemes: ReadonlyMap<string, SignatureScheme> = new Map([
  ['ecdsa', 'ECDSA_SHA256'],
  ['rsapss', 'RSA_PSS_SHA256'],
  ['rsapkcs1v15', 'RSA_PKCS1V15_SHA256'],
  ['eddsa', 'ED25519'],
]);

/**
 * The keys of a role that signed the file, as many as its threshold asks for. A key that stands there twice, in two certificates, counts once.
 * Rule: Notary, tuf/signed/verify.go VerifySignatures.
 * @throws {DctError} DCT_NOT_SIGNED
 */
export function checkSigned(
  file: SignedFile,
  role: RoleKeys,
  keys: ReadonlyMap<string, TrustKey>,
): readonly TrustKey[] {
  const signers = signersOf(file, role.keyIds, keys);
  const different = new Set(signers.map(({ key }) => key?.id)).size;
  if (different < role.threshold)
    throw new DctError(
      'DCT_NOT_SIGNED',
      `${file.what} is signed by ${different} of the keys of its role, and ${role.threshold} have to${whyNot(role, keys)}`,
    );
  return signers;
}

/** The keys with one of these ids whose signature over the file is good, each once. */
function signersOf(
  file: SignedFile,
  keyIds: readonly string[],
  keys: ReadonlyMap<string, TrustKey>,
): readonly TrustKey[] {
  const signers = new Map<string, TrustKey>();
  for (const signature of file.signatures) {
    const key = keyIds.includes(signature.keyId) ? keys.get(signature.keyId) : undefined;
    if (key !== undefined && !signers.has(key.id) && isGood(file, signature, key)) signers.set(key.id, key);
  }
  return [...signers.values()];
}

function isGood({ message }: SignedFile, { method, signature }: FileSignature, { key }: TrustKey): boolean {
  const scheme = schemes.get(method);
  return key !== undefined && scheme !== undefined && verifySignature(key, scheme, message, signature, 'ieee-p1363');
}

function whyNot({ keyIds }: RoleKeys, keys: ReadonlyMap<string, TrustKey>): string {
  const unusable = keyIds.map((id) => keys.get(id)).find((key) => key?.unusable !== undefined);
  return unusable === undefined ? '' : ` (the key ${unusable.id.slice(0, 12)}… cannot be used: ${unusable.unusable})`;
}
