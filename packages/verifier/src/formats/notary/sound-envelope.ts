import { EnvelopeError, type NotaryEnvelope, notaryEnvelopeTypes, parseNotaryEnvelope } from '@signet/core';
import { type Certificate, CertificateError, checkChain, nameText, readChain } from '@signet/core/x509';
import type { Envelope } from '../../evidence.ts';
import type { Check } from '../../finding.ts';
import { attempt, malformedCode } from '../decode.ts';
import { isSignatureValid } from './signature.ts';

/** An envelope of which all holds that does not depend on whom somebody trusts. */
export interface SoundEnvelope {
  readonly envelope: NotaryEnvelope;
  /** The signer's own first. */
  readonly chain: readonly Certificate[];
}

/** What is wrong with an envelope, whoever is trusted. */
export interface Unsound {
  readonly failed: Check;
  readonly claims: Readonly<Record<string, string>>;
  readonly keyChecks: number;
}

const rule = 'wire-formats 9.5';

/** For the checks of an envelope that was sound. */
export const intact: Check = {
  name: 'integrity',
  result: 'pass',
  code: 'OK',
  message: 'the envelope, its certificates and its signature belong together',
  rule,
};

const known = new WeakMap<Envelope, Promise<SoundEnvelope | Unsound>>();

/**
 * The first step of the specification: what fails here counts at no level. Of the same envelope the answer is the same, and made once: who asks
 * others about it, and who verifies it, both start here.
 */
export function readSound(envelope: Envelope): Promise<SoundEnvelope | Unsound> {
  const found = known.get(envelope) ?? read(envelope);
  known.set(envelope, found);
  return found;
}

async function read({ mediaType, bytes }: Envelope): Promise<SoundEnvelope | Unsound> {
  const fail = (
    code: Check['code'],
    message: string,
    chain: readonly Certificate[] = [],
    broken: Pick<Check, 'certificate'> = {},
  ): Unsound => ({
    failed: { name: 'integrity', result: 'fail', code, message, rule, ...broken },
    claims: claimsOf(chain),
    keyChecks: chain.length === 0 ? 0 : 1,
  });
  const form = formOf(mediaType, bytes);
  if (form === undefined) return fail('ENVELOPE_MALFORMED', 'neither a JWS nor COSE_Sign1');
  const envelope = attempt(() => parseNotaryEnvelope(bytes, form));
  if (envelope instanceof EnvelopeError) return fail(malformedCode(envelope), envelope.message);
  const chain = chainOf(envelope);
  if (chain instanceof CertificateError) return fail('CERTIFICATE_RULE', chain.message);
  const broken = checkChain(chain, 'codeSigning');
  if (broken !== undefined) return fail('CERTIFICATE_RULE', broken.message, chain, { certificate: broken.code });
  if (!(await isSignatureValid(envelope, chain, bytes)))
    return fail('SIGNATURE_INVALID', 'the signature is not that of the first certificate over what is signed', chain);
  const unknown = unknownAttribute(envelope);
  if (unknown !== undefined)
    return fail('ATTRIBUTE_UNKNOWN', `the signed attribute ${unknown} is critical, and not known here`, chain);
  return { envelope, chain };
}

/** Whose it says that it is; unproven. */
export function claimsOf([leaf]: readonly Certificate[]): Readonly<Record<string, string>> {
  return leaf === undefined ? {} : { subject: nameText(leaf.subject), certificate: leaf.thumbprint };
}

/** By the type of the layer; a copy from a listing has none. */
function formOf(mediaType: string, bytes: Uint8Array): 'jws' | 'cose' | undefined {
  if (mediaType === notaryEnvelopeTypes.jws) return 'jws';
  if (mediaType === notaryEnvelopeTypes.cose) return 'cose';
  if (bytes[0] === 0xd2) return 'cose';
  return bytes[0] === 0x7b ? 'jws' : undefined;
}

function chainOf({ certificates }: NotaryEnvelope): readonly Certificate[] | CertificateError {
  try {
    return readChain(certificates);
  } catch (error) {
    if (error instanceof CertificateError) return error;
    throw error;
  }
}

/** With a plugin it is the plugin's to know them. Rule: wire-formats 8.3, trap 22 */
function unknownAttribute({ attributes }: NotaryEnvelope): string | undefined {
  if (attributes.verificationPlugin !== undefined) return undefined;
  const unknown = attributes.extended.find(({ isCritical }) => isCritical);
  return unknown === undefined ? undefined : JSON.stringify(unknown.name);
}
