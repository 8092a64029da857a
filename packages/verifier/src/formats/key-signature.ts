import { type PublicKey, type SchemeFormat, type SignatureScheme, schemesFor, verifySignature } from '@signet/core';
import { decodeBase64 } from '@signet/oci';
import type { Check } from '../finding.ts';
import { shortKey } from '../report/key-name.ts';
import type { TrustMaterial } from '../trust.ts';

/** Bytes that somebody signed, and how. */
export interface SignedBytes {
  readonly message: Uint8Array;
  /** ECDSA in DER, as both formats have it. */
  readonly signature: Uint8Array;
  readonly format: SchemeFormat;
  /** Unproven: which key to try first. */
  readonly hint?: string | undefined;
}

/** Whose signature it is. */
export interface Signer {
  readonly key: PublicKey;
  readonly scheme: SignatureScheme;
}

/** What trying the keys came to. */
export interface SignerSearch {
  readonly signer?: Signer;
  /** Verifications that were made, each against one key: what a budget counts. */
  readonly keyChecks: number;
}

/**
 * The trusted key whose signature this is: the hinted one is tried first, then all others, each with the schemes that its kind allows.
 * Rule: wire-formats 3.3, 3.4 (a hint is unauthenticated).
 */
export function findSigner(signed: SignedBytes, { keys, hintedOnly }: TrustMaterial): SignerSearch {
  const hinted = keys.filter(({ hint }) => hint === signed.hint);
  const others = hintedOnly === true && hinted.length > 0 ? [] : keys.filter((each) => !hinted.includes(each));
  let keyChecks = 0;
  for (const key of [...hinted, ...others]) {
    keyChecks += 1;
    const scheme = schemesFor(key.kind, signed.format, 'verify').find((each) =>
      verifySignature(key, each, signed.message, signed.signature, 'der'),
    );
    if (scheme !== undefined) return { signer: { key, scheme }, keyChecks };
  }
  return { keyChecks };
}

/** The checks of a signature whose signer was found. */
export function signerChecks({ key, scheme }: Signer, rule: string): readonly Check[] {
  return [
    { name: 'integrity', result: 'pass', code: 'OK', message: `the signature fits the signed bytes (${scheme})`, rule },
    {
      name: 'authenticity',
      result: 'pass',
      code: 'OK',
      message: `signed by ${shortKey(key.id)}, which is trusted`,
      rule,
    },
  ];
}

/** Why none was found: it names a trusted key and is wrong, or it is another's. */
export function noSignerChecks(hint: string | undefined, keys: readonly PublicKey[], rule: string): readonly Check[] {
  const named = hint === undefined ? undefined : keys.find((key) => key.hint === hint);
  if (named !== undefined) {
    const message = `names ${shortKey(named.id)}, which is trusted, but the signature is not that key's over these bytes`;
    return [{ name: 'integrity', result: 'fail', code: 'SIGNATURE_INVALID', message, rule }];
  }
  const claimed = hint === undefined ? undefined : hintId(hint);
  const message =
    claimed === undefined
      ? 'signed by a key that is not trusted, or not valid'
      : `signed by ${shortKey(claimed)} (as it says)`;
  return [{ name: 'authenticity', result: 'fail', code: 'KEY_NOT_TRUSTED', message, rule }];
}

/** The key id that a Sigstore hint stands for; undefined for any other text. */
export function hintId(hint: string): string | undefined {
  const id = decodeBase64(hint);
  return id?.length === 32 ? id.toString('hex') : undefined;
}

/** Where certificates alone are trusted, signatures by bare keys prove nothing. Where nothing is trusted they are read, and told. */
export function wantsKeys({ keys, x509 = [] }: TrustMaterial): boolean {
  return keys.length > 0 || x509.length === 0;
}
