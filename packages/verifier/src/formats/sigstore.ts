import { type Bundle, EnvelopeError, pae } from '@signet/core';
import { type Descriptor, MEDIA_TYPE_EMPTY } from '@signet/oci';
import type { Envelope, Subject } from '../evidence.ts';
import { type Check, createFinding, type Finding, type Proven } from '../finding.ts';
import type { Prospect, VerifyFormat } from '../format.ts';
import type { TrustMaterial } from '../trust.ts';
import { malformedCode, readBundle } from './decode.ts';
import { findSigner, hintId, noSignerChecks, signerChecks, wantsKeys } from './key-signature.ts';
import { judgeStatement, unprovenKind } from './statement-payload.ts';

const rule = 'wire-formats 5.3';
const bundleType = 'application/vnd.dev.sigstore.bundle';

/** Sigstore bundles over in-toto statements, with keys: what Signet and cosign 3 write. Rule: wire-formats 5. */
export const sigstoreVerifyFormat: VerifyFormat = {
  name: 'sigstore',
  recognise: ({ artifactType = '' }: Descriptor) =>
    artifactType === '' || artifactType === MEDIA_TYPE_EMPTY || artifactType.startsWith(bundleType),
  recogniseLayer: ({ mediaType }: Descriptor) => mediaType.startsWith(bundleType),
  annotationKeys: [],
  maxLayers: 1, // wire-formats 5.4: cosign takes no manifest with more
  tagsFor: () => [],
  prospect: prospectOf,
  isWanted: wantsKeys,
  verify: async (envelope, subject, trust) => [verifyEnvelope(envelope, subject, trust)],
};

/** What a bundle showed so far. */
interface Judged {
  readonly checks: readonly Check[];
  readonly claims?: Readonly<Record<string, string>>;
  readonly keyChecks?: number;
  readonly says?: Proven;
}

function verifyEnvelope(envelope: Envelope, subject: Subject, trust: TrustMaterial): Finding {
  const { format, origin, foundIn } = envelope;
  const { checks, claims = {}, keyChecks = 0, says } = judgeBundle(envelope, subject, trust);
  return createFinding({ format, origin, foundIn, checks, claims, keyChecks }, says);
}

/** The order of wire-formats 5.3; the first failure ends it. */
function judgeBundle(envelope: Envelope, subject: Subject, trust: TrustMaterial): Judged {
  const bundle = readBundle(envelope.bytes); // 1 and 2: strict parsing, version, shape
  if (bundle instanceof EnvelopeError) return failing('integrity', malformedCode(bundle), bundle.message);
  const { key, content } = bundle;
  if (key.kind !== 'publicKey') {
    const message = 'signed with a certificate (keyless), but the rule trusts keys';
    return failing('authenticity', 'CERTIFICATE_NOT_KEY', message);
  }
  const claims = hintClaims(key.hint);
  if (content.kind !== 'dsse') {
    const message = 'signs bytes, not an image: a bundle of an image holds a DSSE envelope';
    return { ...failing('payload', 'NOT_A_SIGNATURE', message), claims };
  }
  const { payload, payloadType, signature } = content.envelope;
  const signed = { message: pae(payloadType, payload), signature, format: 'sigstore', hint: key.hint } as const;
  const { signer, keyChecks } = findSigner(signed, trust);
  if (signer === undefined) {
    const checks = [...noSignerChecks(key.hint, trust.keys, rule), ...unprovenKind(payload)];
    return { checks, claims, keyChecks };
  }
  const { checks, says } = judgeStatement({ payload, payloadType, signer, envelope, subject });
  const all = [...signerChecks(signer, rule), ...checks, ...(says === undefined ? [] : [logCheck(bundle)])];
  return { checks: all, claims, keyChecks, ...(says === undefined ? {} : { says }) };
}

/** With a key no log entry is needed, and one that is there is not looked at: said, not hidden. */
function logCheck({ tlogEntries }: Bundle): Check {
  const what =
    tlogEntries.length === 0 ? 'no log entry is there' : `${tlogEntries.length} log entries were not looked at`;
  const message = `${what}; none is asked for with a key`;
  return { name: 'transparency', result: 'skip', code: 'NOT_ASKED', message, rule };
}

/**
 * The hint's place is fixed, so the bytes need no parsing to find it; it decides nothing but an order. Bytes in which none is found are
 * parsed: what holds no signature to try must not wait among those that do.
 */
function prospectOf({ bytes }: Envelope, { keys }: TrustMaterial): Prospect {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 65_536)).toString('latin1');
  const hint = /"hint"\s*:\s*"([^"]{1,100})"/.exec(head)?.[1];
  if (hint !== undefined) return keys.some((key) => key.hint === hint) ? 'likely' : 'unlikely';
  const bundle = readBundle(bytes);
  const isOpen =
    !(bundle instanceof EnvelopeError) && bundle.key.kind === 'publicKey' && bundle.content.kind === 'dsse';
  return isOpen ? 'open' : 'none';
}

function hintClaims(hint: string | undefined): Record<string, string> {
  if (hint === undefined || hint === '') return {};
  const id = hintId(hint);
  return id === undefined ? { hint } : { hint, keyId: id };
}

function failing(name: Check['name'], code: Check['code'], message: string): Judged {
  return { checks: [{ name, result: 'fail', code, message, rule }] };
}
