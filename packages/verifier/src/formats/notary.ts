import { NOTARY_ARTIFACT_TYPE, notaryEnvelopeTypes } from '@signet/core';
import { MEDIA_TYPE_EMPTY } from '@signet/oci';
import type { VerifyFormat } from '../format.ts';
import { bringsAnchor } from './notary/prospect.ts';

/** Notary Project signatures, as JWS and as COSE; both forms of the manifest, the older of which has its type in the config. Rule: wire-formats 8.2. */
export const notaryVerifyFormat: VerifyFormat = {
  name: 'notary',
  recognise: ({ artifactType = '' }) =>
    artifactType === '' || artifactType === MEDIA_TYPE_EMPTY || artifactType === NOTARY_ARTIFACT_TYPE,
  recogniseLayer: ({ mediaType }) => Object.values(notaryEnvelopeTypes).includes(mediaType),
  annotationKeys: [],
  maxLayers: 1,
  tagsFor: () => [],
  isWanted: ({ x509 = [] }) => x509.length > 0,
  // Which certificate it is by is told by parsing it alone; one that brings along whom the rule trusts need not wait for the others.
  prospect: ({ bytes }, trust) => (bringsAnchor(bytes, trust) ? 'likely' : 'open'),
  // Certificates, CBOR and JWS are read for these signatures alone: nothing of them is loaded for the others.
  consult: async (envelope, subject, trust, by) =>
    (await import('./notary/consult.ts')).consultNotary(envelope, subject, trust, by),
  verify: async (envelope, subject, trust, testimonies) =>
    (await import('./notary/verify-notary.ts')).verifyNotary(envelope, subject, trust, testimonies),
};
