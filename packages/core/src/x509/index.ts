export { CertificateError, type CertificateErrorCode } from '../errors.ts';
export {
  type Certificate,
  isIssuedBy,
  isSelfSigned,
  isSignedBy,
  namesIssuer,
  readCertificate,
} from './certificate.ts';
export { checkDer } from './der-shape.ts';
export type { DistinguishedName, NameAttribute } from './distinguished-name.ts';
export type { Extensions, KeyUsageBit } from './extensions.ts';
export { nameText } from './name-text.ts';
