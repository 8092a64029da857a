export type { RevocationAnswer, RevocationReason } from './answer.ts';
export { maxCrlBytes } from './crl-fields.ts';
export { type OcspCall, ocspCall, ocspRequest } from './ocsp-request.ts';
export { maxOcspBytes } from './ocsp-response.ts';
export { answerByCrl, type Crl, type CrlReading, readCrl } from './read-crl.ts';
export { type RevocationQuestion, readOcspResponse } from './read-ocsp.ts';
