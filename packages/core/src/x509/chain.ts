import { type Certificate, isSelfSigned, isSignedBy, namesIssuer } from './certificate.ts';
import { checkCa, checkCodeSigner, checkTimeStamper } from './certificate-rules.ts';
import { type ChainProblem, firstProblem, problem, shown } from './chain-problem.ts';
import { hashOfSignature } from './signature-hash.ts';

/** What a chain is for; each has rules of its own for the first certificate. */
export type ChainUse = 'codeSigning' | 'timeStamping';

/**
 * Whether certificates, the signer's own first, are one whole chain of the Notary Project; undefined where they are, else the first rule that
 * is broken. Trust and validity in time are not looked at. Rule: wire-formats 8.7.
 */
export function checkChain(chain: readonly Certificate[], use: ChainUse): ChainProblem | undefined {
  const [leaf, ...authorities] = chain;
  if (leaf === undefined) return problem('CHAIN_INCOMPLETE', 'there is no certificate');
  return (
    firstProblem(chain, checkSignatureHash) ??
    checkLinks(chain) ??
    (use === 'codeSigning' ? checkCodeSigner(leaf) : checkTimeStamper(leaf)) ??
    firstProblem(authorities, (certificate, at) => checkCa(certificate, { below: at, use }))
  );
}

/** Whether every certificate is valid at a time (milliseconds since 1970 UTC); undefined where they are. */
export function checkValidAt(chain: readonly Certificate[], atMs: number): ChainProblem | undefined {
  return checkValidWithin(chain, atMs, atMs);
}

/** Whether every certificate is valid from one time to the other, both included; undefined where they are. Rule: wire-formats 9.5, 7. */
export function checkValidWithin(
  chain: readonly Certificate[],
  fromMs: number,
  toMs: number,
): ChainProblem | undefined {
  return firstProblem(chain, (certificate) => {
    // Not the other way round: a time that is none (NaN) lies within nothing.
    if (!(fromMs >= certificate.notBeforeMs))
      return problem('CERTIFICATE_NOT_VALID_YET', `the certificate ${shown(certificate)} was not valid yet`);
    if (!(toMs <= certificate.notAfterMs))
      return problem('CERTIFICATE_EXPIRED', `the certificate ${shown(certificate)} had expired`);
    return undefined;
  });
}

/** What a specification asks for and notation does not look at: told, and no reason to refuse. Rule: wire-formats 8.7. */
export function chainNotes([, ...authorities]: readonly Certificate[]): readonly string[] {
  return authorities
    .filter(({ basicConstraints }) => basicConstraints?.isCritical === false)
    .map((each) => `the basic constraints of ${shown(each)} are not critical`);
}

/** One issued by the next, the last by itself, and none before it. */
function checkLinks(chain: readonly Certificate[]): ChainProblem | undefined {
  const last = chain.at(-1);
  const early = chain.slice(0, -1).find(isSelfSigned);
  if (early !== undefined)
    return problem('CHAIN_SELF_SIGNED', `the certificate ${shown(early)} is self-signed and not the last of the chain`);
  const broken = firstProblem(chain.slice(0, -1), (child, at) => checkLink(child, chain[at + 1]));
  if (broken !== undefined) return broken;
  if (last === undefined || !namesIssuer(last, last))
    return problem('CHAIN_INCOMPLETE', `the last certificate, ${shown(last)}, is not self-signed: the root is missing`);
  if (!isSignedBy(last, last))
    return problem('CERTIFICATE_SIGNATURE', `the root, ${shown(last)}, is not signed by its own key`);
  return undefined;
}

function checkLink(child: Certificate, issuer: Certificate | undefined): ChainProblem | undefined {
  if (issuer === undefined || !namesIssuer(child, issuer))
    return problem('CHAIN_ORDER', `the certificate ${shown(child)} is not issued by the next, ${shown(issuer)}`);
  if (!isSignedBy(child, issuer))
    return problem('CERTIFICATE_SIGNATURE', `the certificate ${shown(child)} is not signed by ${shown(issuer)}`);
  return undefined;
}

function checkSignatureHash(certificate: Certificate): ChainProblem | undefined {
  switch (hashOfSignature(certificate)) {
    case 'strong':
      return undefined;
    case 'weak':
      return problem('CERTIFICATE_WEAK_HASH', `the certificate ${shown(certificate)} is signed with SHA-1, or weaker`);
    default:
      return problem(
        'CERTIFICATE_ALGORITHM',
        `the certificate ${shown(certificate)} is signed by an algorithm that is not taken (${certificate.signatureAlgorithm})`,
      );
  }
}
