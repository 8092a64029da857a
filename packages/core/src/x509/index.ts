export { CertificateError, type CertificateErrorCode } from '../errors.ts';
export { type AnchorStore, checkAnchor, findAnchor } from './anchor.ts';
export {
  type Certificate,
  isIssuedBy,
  isSelfSigned,
  isSignedBy,
  namesIssuer,
  readCertificate,
} from './certificate.ts';
export { readCertificateFile, readChain } from './certificate-file.ts';
export { type ChainUse, chainNotes, checkChain, checkValidAt, checkValidWithin } from './chain.ts';
export type { ChainCode, ChainProblem } from './chain-problem.ts';
export { checkDer } from './der-shape.ts';
export type { DistinguishedName, NameAttribute } from './distinguished-name.ts';
export type { Extensions, KeyUsageBit } from './extensions.ts';
export { identityOf, isWithin, type NameIdentity, parseIdentity } from './identity.ts';
export { isStrongKey, notaryAlgorithmOf } from './key-rules.ts';
export { nameText } from './name-text.ts';
export { hashOfSignature } from './signature-hash.ts';
