import { notaryEnvelopeTypes } from '@signet/core';
import { MEDIA_TYPE_EMPTY } from '@signet/oci';
import type { FoundFormat } from '../format.ts';

const signatureType = 'application/vnd.cncf.notary.signature';

/** Notary Project signatures, as JWS and as COSE; both forms of the manifest, the older of which has its type in the config. Rule: wire-formats 8.2. */
export const notaryFormat: FoundFormat = {
  name: 'notary',
  recognise: ({ artifactType = '' }) =>
    artifactType === '' || artifactType === MEDIA_TYPE_EMPTY || artifactType === signatureType,
  recogniseLayer: ({ mediaType }) => Object.values(notaryEnvelopeTypes).includes(mediaType),
  annotationKeys: [],
  maxLayers: 1,
  tagsFor: () => [],
};
