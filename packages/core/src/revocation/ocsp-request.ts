import { der, TAG } from '../keys/der.ts';
import type { Certificate } from '../x509/certificate.ts';
import { certificateId, encodeCertificateId } from './certificate-id.ts';

/** One HTTP request to a responder. */
export type OcspCall =
  | { readonly method: 'GET'; readonly url: string }
  | { readonly method: 'POST'; readonly url: string; readonly contentType: string; readonly body: Uint8Array };

/** Characters of a request in an address: from here on it is posted. Rule: RFC 6960, A.1. */
const maxInUrl = 255;

/** An OCSPRequest in DER that asks for one certificate: by SHA-1, without a nonce, as notation does. Rule: wire-formats 9.6. */
export function ocspRequest(certificate: Certificate, issuer: Certificate): Uint8Array {
  const id = encodeCertificateId(certificateId(certificate, issuer, 'sha1'), 'sha1');
  const list = der(TAG.sequence, der(TAG.sequence, id));
  return der(TAG.sequence, der(TAG.sequence, list));
}

/** How a request is brought to a responder's address: in the address where it is short, else as a body. Rule: RFC 6960, A.1. */
export function ocspCall(url: string, request: Uint8Array): OcspCall {
  const encoded = encodeURIComponent(Buffer.from(request).toString('base64'));
  if (encoded.length >= maxInUrl)
    return { method: 'POST', url, contentType: 'application/ocsp-request', body: request };
  return { method: 'GET', url: `${url.replace(/\/+$/, '')}/${encoded}` };
}
