import { CertificateError, chainNotes, findAnchor, identityOf, isWithin, nameText } from '@signet/core/x509';
import type { Check } from '../../finding.ts';
import type { NamedX509Trust } from '../../trust.ts';
import type { Testimony } from '../../witnesses/witnesses.ts';
import { byAction } from './by-action.ts';
import { answererFor } from './plugin.ts';
import type { SoundEnvelope } from './sound-envelope.ts';

const rule = 'wire-formats 9.4';

/**
 * A certificate of the chain is trusted for the envelope's scheme, and the signer is one of those who are meant; a plugin whose affair that is
 * says so. Rule: wire-formats 9.5, 5
 */
export function checkSigner(sound: SoundEnvelope, trust: NamedX509Trust, testimony: Testimony): Check {
  const { envelope, chain } = sound;
  const { scheme } = envelope.attributes;
  const anchors = scheme === 'notary.x509' ? trust.ca : trust.signingAuthority;
  const [leaf] = chain;
  const name = leaf === undefined ? '' : nameText(leaf.subject);
  const fail = (code: Check['code'], message: string): Check =>
    byAction({ name: 'authenticity', result: 'fail', code, message, rule }, trust.authenticity);
  if (findAnchor(chain, anchors) === undefined) {
    const store = scheme === 'notary.x509' ? 'authorities' : 'signing authorities';
    return fail(
      'CERTIFICATE_NOT_TRUSTED',
      `signed by ${name}; none of its certificates is among the ${store} of ${trust.name}`,
    );
  }
  const notes = chainNotes(chain);
  const beside = notes.length === 0 ? {} : { notes };
  const pass = (message: string): Check => ({
    name: 'authenticity',
    result: 'pass',
    code: 'OK',
    message,
    rule,
    ...beside,
  });
  const answerer = answererFor('SIGNATURE_VERIFIER.TRUSTED_IDENTITY', sound, testimony);
  // The check of the plugin stays open then: this signature does not count.
  if (answerer.kind === 'open')
    return pass(`signed by ${name}, whom ${trust.name} certifies; the plugin may know more`);
  if (answerer.kind === 'plugin')
    return answerer.isSuccess
      ? pass(`signed by ${name}; ${answerer.message}`)
      : fail('IDENTITY_NOT_TRUSTED', `signed by ${name}; ${answerer.message}`);
  const why = identityMiss(trust, leaf?.subject ?? []);
  if (why !== undefined) return fail('IDENTITY_NOT_TRUSTED', `signed by ${name}${why}`);
  return pass(`signed by ${name}, which ${trust.name} trusts`);
}

/** Why the name is none of those that are trusted; undefined where it is. */
function identityMiss(
  { identities, name }: NamedX509Trust,
  subject: Parameters<typeof identityOf>[0],
): string | undefined {
  if (identities === 'any') return undefined;
  try {
    const own = identityOf(subject);
    return identities.some((identity) => isWithin(identity, own))
      ? undefined
      : `, who is none of those that ${name} trusts`;
  } catch (error) {
    if (error instanceof CertificateError) return `, which no identity matches: ${error.message}`;
    throw error;
  }
}
