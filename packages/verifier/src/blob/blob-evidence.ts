import {
  type Bundle,
  type BundleHash,
  EnvelopeError,
  PAYLOAD_TYPE_IN_TOTO,
  PREDICATE_TYPE_SIGN,
  type PublicKey,
  pae,
} from '@signet/core';
import { decodeBase64 } from '@signet/oci';
import type { Check, CheckCode } from '../finding.ts';
import { malformedCode, readBundle, readStatement } from '../formats/decode.ts';
import { findSigner, noSignerChecks, type Signer, signerChecks } from '../formats/key-signature.ts';
import type { BlobFacts, BlobHash } from './blob-reader.ts';

/** What lies beside a file: a Sigstore bundle, or a bare signature (raw, or base64 text). */
export type BlobEvidence =
  | { readonly kind: 'bundle'; readonly bytes: Uint8Array }
  | { readonly kind: 'signature'; readonly bytes: Uint8Array };

/** Who is trusted, and what must be said about the file. */
export interface BlobTrust {
  readonly keys: readonly PublicKey[];
  /** What a statement must attest about the file; without it only a signature counts. */
  readonly predicateType?: string;
}

/** What the checks came to. Verified: there is a signer and nothing failed. */
export interface BlobChecks {
  readonly list: readonly Check[];
  readonly signer?: Signer;
  readonly predicateType?: string;
}

/** Evidence that was read before the file: what is asked of the file, and what then follows. */
export interface BlobQuestion {
  /** A signature over the file's own bytes, to be tried while it is read. */
  readonly signature?: Uint8Array;
  readonly conclude: (facts: BlobFacts) => BlobChecks;
}

const rule = 'wire-formats 5.3';

/** @throws {EnvelopeError} ENVELOPE_UNSUPPORTED for cosign's old bundle JSON, which is no Sigstore bundle */
export function questionOf(evidence: BlobEvidence, trust: BlobTrust): BlobQuestion {
  if (evidence.kind === 'signature') {
    if (trust.predicateType !== undefined) return settled(bareSignature);
    const conclude = ({ signer }: BlobFacts) => signed(signer, undefined, trust);
    return { signature: detachedSignature(evidence.bytes), conclude };
  }
  refuseLegacy(evidence.bytes);
  const bundle = readBundle(evidence.bytes);
  if (bundle instanceof EnvelopeError) return settled(failing('integrity', malformedCode(bundle), bundle.message));
  const { key, content } = bundle;
  if (key.kind !== 'publicKey') {
    const message = 'signed with a certificate, but keys were given to verify with';
    return settled(failing('authenticity', 'CERTIFICATE_NOT_KEY', message));
  }
  return content.kind === 'dsse' ? askStatement(content, key.hint, trust) : askMessage(content, key.hint, trust);
}

type Content<K> = Extract<Bundle['content'], { readonly kind: K }>;

/** The digest in the bundle is a hint, but a wrong one is refused. Rule: wire-formats 5.1 "messageSignature". */
function askMessage(
  { digest, signature }: Content<'message'>,
  hint: string | undefined,
  trust: BlobTrust,
): BlobQuestion {
  if (trust.predicateType !== undefined) return settled(bareSignature);
  return {
    signature,
    conclude({ signer, hashes }) {
      if (digest === undefined || Buffer.from(digest.value).equals(hashes[hashNames[digest.algorithm]]))
        return signed(signer, hint, trust);
      return failing('subject', 'SUBJECT_MISMATCH', 'the digest in the bundle is not that of the file');
    },
  };
}

const hashNames: Readonly<Record<BundleHash, BlobHash>> = {
  SHA2_256: 'sha256',
  SHA2_384: 'sha384',
  SHA2_512: 'sha512',
};

/** The statement is judged whole before the file is read: only its digest is open then. */
function askStatement({ envelope }: Content<'dsse'>, hint: string | undefined, trust: BlobTrust): BlobQuestion {
  const { payload, payloadType, signature } = envelope;
  const message = pae(payloadType, payload);
  const { signer } = findSigner({ message, signature, format: 'sigstore', hint }, trust);
  if (signer === undefined) return settled(signed(undefined, hint, trust));
  const wanted = trust.predicateType ?? PREDICATE_TYPE_SIGN;
  if (payloadType !== PAYLOAD_TYPE_IN_TOTO)
    return settled(failing('payload', 'PAYLOAD_TYPE', `payload type "${payloadType}"`));
  const statement = readStatement(payload);
  if (statement instanceof EnvelopeError) return settled(failing('payload', 'PAYLOAD_MALFORMED', statement.message));
  const { predicateType, subject } = statement;
  if (predicateType !== wanted)
    return settled(failing('payload', 'NOT_A_SIGNATURE', `attests "${predicateType}", expected "${wanted}"`));
  return {
    conclude({ hashes }) {
      const [sha256, sha512] = [hashes.sha256, hashes.sha512].map((hash) => Buffer.from(hash).toString('hex'));
      const isNamed = subject.some(({ digest }) =>
        digest.sha256 === undefined ? digest.sha512 === sha512 : digest.sha256 === sha256,
      );
      if (isNamed) return { ...signed(signer, hint, trust), predicateType };
      return failing('subject', 'SUBJECT_MISMATCH', `the statement is not about this file (sha256:${sha256})`);
    },
  };
}

function signed(signer: Signer | undefined, hint: string | undefined, { keys }: BlobTrust): BlobChecks {
  return signer === undefined
    ? { list: noSignerChecks(hint, keys, rule) }
    : { list: signerChecks(signer, rule), signer };
}

/** Base64 text, in lines of any length, is what openssl and cosign write; anything else is the signature itself. */
function detachedSignature(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .trim()
    .replace(/[\r\n]/g, '');
  return decodeBase64(text) ?? bytes;
}

/** Rule: wire-formats 5.1, last paragraph: said by its name instead of "malformed". */
function refuseLegacy(bytes: Uint8Array): void {
  const text = Buffer.from(bytes.subarray(0, 1_048_576)).toString('latin1');
  if (!/"base64Signature"\s*:/.test(text) || /"mediaType"\s*:/.test(text)) return;
  const message = "this is cosign's old bundle, not a Sigstore bundle: verify its signature by itself, or sign again";
  throw new EnvelopeError('ENVELOPE_UNSUPPORTED', message);
}

const bareSignature: BlobChecks = failing(
  'payload',
  'PAYLOAD_TYPE',
  'a bare signature of the file, but a statement was asked for',
);

function settled(checks: BlobChecks): BlobQuestion {
  return { conclude: () => checks };
}

function failing(name: Check['name'], code: CheckCode, message: string): BlobChecks {
  return { list: [{ name, result: 'fail', code, message, rule }] };
}
