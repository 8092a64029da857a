import { EnvelopeError } from '../errors.ts';
import { type TlogEntry, tlogEntryAt } from './bundle-tlog.ts';
import { bytesAt } from './proto-values.ts';
import { below, listAt, malformed, membersAt, type Place, stringAt } from './strict-json.ts';

/** Who says to have signed. `hint` is unproven: it only chooses which key to try first. DER certificates, leaf first. */
export type BundleKeyMaterial =
  | { readonly kind: 'publicKey'; readonly hint?: string }
  | { readonly kind: 'certificate'; readonly certificate: Uint8Array }
  | { readonly kind: 'chain'; readonly certificates: readonly [Uint8Array, ...Uint8Array[]] };

/** What a bundle brings beside its content; log entries and timestamps (DER TimeStampResp) as they came, unverified. */
export interface BundleMaterial {
  readonly key: BundleKeyMaterial;
  readonly tlogEntries: readonly TlogEntry[];
  readonly timestamps: readonly Uint8Array[];
}

/** Rule: wire-formats 12. */
const maxEntries = 32;
const maxTimestamps = 32;
const maxCertificates = 10;
const maxCertificateBytes = 64 * 1024;

/**
 * The `verificationMaterial` of a bundle of this version. Rule: wire-formats 5.1.
 * @throws {EnvelopeError} the place's code
 */
export function materialAt(value: unknown, place: Place, version: string): BundleMaterial {
  const names = [
    'publicKey',
    'certificate',
    'x509CertificateChain',
    'tlogEntries',
    'timestampVerificationData',
  ] as const;
  const material = membersAt(value, place, names, 'proto');
  return {
    key: keyOf(material, place, version),
    tlogEntries: entriesAt(material.tlogEntries, below(place, 'tlogEntries'), version),
    timestamps: timestampsAt(material.timestampVerificationData, below(place, 'timestampVerificationData')),
  };
}

interface KeyMembers {
  readonly publicKey?: unknown;
  readonly certificate?: unknown;
  readonly x509CertificateChain?: unknown;
}

function keyOf(members: KeyMembers, place: Place, version: string): BundleKeyMaterial {
  const { publicKey, certificate, x509CertificateChain } = members;
  if ([publicKey, certificate, x509CertificateChain].filter((each) => each !== undefined).length !== 1) {
    const wanted = 'publicKey, certificate and x509CertificateChain';
    throw new EnvelopeError(place.code, `${place.path} must have exactly one of ${wanted}`);
  }
  if (publicKey !== undefined) return publicKeyAt(publicKey, below(place, 'publicKey'));
  if (certificate !== undefined)
    return { kind: 'certificate', certificate: certificateAt(certificate, below(place, 'certificate')) };
  if (version === '0.3')
    throw new EnvelopeError(place.code, `${place.path}: a bundle of version 0.3 has no x509CertificateChain`);
  return chainAt(x509CertificateChain, below(place, 'x509CertificateChain'));
}

function publicKeyAt(value: unknown, place: Place): BundleKeyMaterial {
  const { hint } = membersAt(value, place, ['hint'], 'proto');
  const text = hint === undefined ? '' : stringAt(hint, below(place, 'hint'));
  return text === '' ? { kind: 'publicKey' } : { kind: 'publicKey', hint: text };
}

function chainAt(value: unknown, place: Place): BundleKeyMaterial {
  const list = below(place, 'certificates');
  const { certificates } = membersAt(value, place, ['certificates'], 'proto');
  const [leaf, ...others] = listAt(certificates, list, maxCertificates).map((each, at) =>
    certificateAt(each, below(list, at)),
  );
  if (leaf === undefined) throw new EnvelopeError(place.code, `${list.path} is empty`);
  return { kind: 'chain', certificates: [leaf, ...others] };
}

function certificateAt(value: unknown, place: Place): Uint8Array {
  const { rawBytes } = membersAt(value, place, ['rawBytes'], 'proto');
  const der = bytesAt(rawBytes, below(place, 'rawBytes'));
  if (der.length === 0 || der.length > maxCertificateBytes)
    throw malformed(below(place, 'rawBytes'), `a certificate of at most ${maxCertificateBytes} bytes`);
  return der;
}

/** Version 0.1 needs a promise with each entry, the later ones a proof; no entry may come twice. Rule: wire-formats 5.1. */
function entriesAt(value: unknown, place: Place, version: string): readonly TlogEntry[] {
  const entries = listAt(value, place, maxEntries).map((each, at) => tlogEntryAt(each, below(place, at)));
  for (const [at, entry] of entries.entries()) {
    const needed = version === '0.1' ? entry.inclusionPromise : entry.inclusionProof;
    const what = version === '0.1' ? 'inclusionPromise' : 'inclusionProof';
    if (needed === undefined) throw new EnvelopeError(place.code, `${below(place, at).path} has no ${what}`);
  }
  const names = entries.map(({ logId, logIndex }) => `${Buffer.from(logId).toString('hex')} ${logIndex}`);
  if (new Set(names).size !== names.length) throw new EnvelopeError(place.code, `${place.path} names an entry twice`);
  return entries;
}

function timestampsAt(value: unknown, place: Place): readonly Uint8Array[] {
  if (value === undefined) return [];
  const list = below(place, 'rfc3161Timestamps');
  const { rfc3161Timestamps } = membersAt(value, place, ['rfc3161Timestamps'], 'proto');
  return listAt(rfc3161Timestamps, list, maxTimestamps).map((each, at) => {
    const { signedTimestamp } = membersAt(each, below(list, at), ['signedTimestamp'], 'proto');
    return bytesAt(signedTimestamp, below(below(list, at), 'signedTimestamp'));
  });
}
