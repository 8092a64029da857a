import type { Certificate } from './certificate.ts';
import { type ChainProblem, problem, shown } from './chain-problem.ts';
import type { KeyUsageBit } from './extensions.ts';
import { isStrongKey, keyText, notaryAlgorithmOf } from './key-rules.ts';

const usages = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  anyExtendedKeyUsage: '2.5.29.37.0',
} as const;
const foreignBits: readonly KeyUsageBit[] = [
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

/** The first certificate of a chain that signs code. Rule: wire-formats 8.7, 8.4. */
export function checkCodeSigner(leaf: Certificate): ChainProblem | undefined {
  return (
    checkNoCa(leaf) ??
    (notaryAlgorithmOf(leaf) === undefined
      ? badKey(leaf, 'is of a kind, size or form that does not sign')
      : undefined) ??
    checkSigningUsage(leaf, { mustBeCritical: true }) ??
    checkNoForeignUsage(leaf)
  );
}

/** The first certificate of a chain that signs time stamps; its key usage need not be critical. Rule: wire-formats 8.7. */
export function checkTimeStamper(leaf: Certificate): ChainProblem | undefined {
  return (
    checkNoCa(leaf) ??
    (isStrongKey(leaf) ? undefined : badKey(leaf, 'is too weak')) ??
    checkSigningUsage(leaf, { mustBeCritical: false }) ??
    checkTimeStampingOnly(leaf)
  );
}

/** A certificate that issued another. `below`: how many authorities lie below it. Rule: wire-formats 8.7. */
export function checkCa(
  certificate: Certificate,
  { below, use }: { readonly below: number; readonly use: 'codeSigning' | 'timeStamping' },
): ChainProblem | undefined {
  const { basicConstraints, keyUsage } = certificate;
  if (basicConstraints?.isCa !== true)
    return problem('CERTIFICATE_NOT_CA', `the certificate ${shown(certificate)} issued one, and is no authority's`);
  const { pathLength } = basicConstraints;
  if (pathLength !== undefined && pathLength < below)
    return problem(
      'PATH_LENGTH',
      `the certificate ${shown(certificate)} allows ${pathLength} authorities below it, there are ${below}`,
    );
  if (keyUsage === undefined) return badUsage(certificate, 'is missing');
  if (!keyUsage.isCritical && use === 'codeSigning') return badUsage(certificate, 'is not critical');
  if (!keyUsage.bits.has('keyCertSign')) return badUsage(certificate, 'does not hold keyCertSign');
  return isStrongKey(certificate) ? undefined : badKey(certificate, 'is too weak');
}

function checkNoCa(leaf: Certificate): ChainProblem | undefined {
  if (leaf.basicConstraints?.isCa !== true) return undefined;
  return problem('CERTIFICATE_IS_CA', `the signer's certificate ${shown(leaf)} is that of an authority`);
}

function checkSigningUsage(
  leaf: Certificate,
  { mustBeCritical }: { readonly mustBeCritical: boolean },
): ChainProblem | undefined {
  const { keyUsage } = leaf;
  if (keyUsage === undefined) return badUsage(leaf, 'is missing');
  if (!keyUsage.isCritical && mustBeCritical) return badUsage(leaf, 'is not critical');
  if (!keyUsage.bits.has('digitalSignature')) return badUsage(leaf, 'does not hold digitalSignature');
  const foreign = foreignBits.filter((bit) => keyUsage.bits.has(bit));
  return foreign.length === 0 ? undefined : badUsage(leaf, `holds ${foreign.join(', ')}`);
}

/** Keys that sign code serve nothing else. notation takes `any`; the specification forbids it. */
function checkNoForeignUsage(leaf: Certificate): ChainProblem | undefined {
  const { oids = [] } = leaf.extendedKeyUsage ?? {};
  const foreign = Object.entries(usages).filter(([, oid]) => oids.includes(oid));
  if (foreign.length === 0) return undefined;
  return badExtendedUsage(leaf, `holds ${foreign.map(([name]) => name).join(', ')}`);
}

function checkTimeStampingOnly(leaf: Certificate): ChainProblem | undefined {
  const { extendedKeyUsage } = leaf;
  if (extendedKeyUsage === undefined) return badExtendedUsage(leaf, 'is missing');
  if (!extendedKeyUsage.isCritical) return badExtendedUsage(leaf, 'is not critical');
  const [only, ...more] = extendedKeyUsage.oids;
  if (only === usages.timeStamping && more.length === 0) return undefined;
  return badExtendedUsage(leaf, 'is not timeStamping alone');
}

function badUsage(certificate: Certificate, why: string): ChainProblem {
  return problem('KEY_USAGE', `the key usage of ${shown(certificate)} ${why}`);
}

function badExtendedUsage(certificate: Certificate, why: string): ChainProblem {
  return problem('EXTENDED_KEY_USAGE', `the extended key usage of ${shown(certificate)} ${why}`);
}

function badKey(certificate: Certificate, why: string): ChainProblem {
  return problem('CERTIFICATE_KEY', `the key of ${shown(certificate)} ${why} (${keyText(certificate)})`);
}
