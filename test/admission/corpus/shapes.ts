import * as v from 'valibot';

const text = v.string();
const image = v.pipe(v.string(), v.minLength(1));
const uid = v.pipe(v.string(), v.uuid());
const map = v.record(text, text);
const groupVersionKind = v.strictObject({ group: text, version: text, kind: text });
const groupVersionResource = v.strictObject({ group: text, version: text, resource: text });
const audit = v.exactOptional(
  v.record(v.picklist(['policy', 'verdict', 'images', 'verified', 'unpinned', 'unchanged']), text),
);

/** Rule: admission.k8s.io/v1 AdmissionReview, as the API server sends it. */
export const admissionReviewRequest: v.GenericSchema = v.strictObject({
  apiVersion: v.literal('admission.k8s.io/v1'),
  kind: v.literal('AdmissionReview'),
  request: v.strictObject({
    uid,
    kind: groupVersionKind,
    resource: groupVersionResource,
    subResource: v.exactOptional(text),
    requestKind: groupVersionKind,
    requestResource: groupVersionResource,
    requestSubResource: v.exactOptional(text),
    name: v.exactOptional(text),
    namespace: v.exactOptional(text),
    operation: v.picklist(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
    userInfo: v.strictObject({
      username: text,
      uid: v.exactOptional(text),
      groups: v.array(text),
      extra: v.exactOptional(v.record(text, v.array(text))),
    }),
    object: v.nullable(v.looseObject({ apiVersion: text, kind: text })),
    oldObject: v.nullable(v.looseObject({ apiVersion: text, kind: text })),
    dryRun: v.boolean(),
    options: v.nullable(v.looseObject({ kind: text, apiVersion: v.literal('meta.k8s.io/v1') })),
  }),
});

const answered = {
  uid,
  auditAnnotations: audit,
  warnings: v.exactOptional(v.pipe(v.array(v.pipe(text, v.maxLength(256))), v.minLength(1))),
};
const allowed = { ...answered, allowed: v.literal(true) };

/** Rule: admission.k8s.io/v1 AdmissionResponse; a patch has its type, and nothing that is refused has one. */
export const admissionReviewResponse: v.GenericSchema = v.strictObject({
  apiVersion: v.literal('admission.k8s.io/v1'),
  kind: v.literal('AdmissionReview'),
  response: v.union([
    v.strictObject(allowed),
    v.strictObject({ ...allowed, patchType: v.literal('JSONPatch'), patch: v.pipe(text, v.base64(), v.minLength(1)) }),
    v.strictObject({
      ...answered,
      allowed: v.literal(false),
      status: v.strictObject({
        code: v.literal(403),
        reason: v.literal('Forbidden'),
        message: v.pipe(text, v.minLength(1), v.maxLength(4096)),
      }),
    }),
  ]),
});

/** Rule: imagepolicy.k8s.io/v1alpha1 ImageReview, as the API server sends it. */
export const imageReviewRequest: v.GenericSchema = v.strictObject({
  apiVersion: v.literal('imagepolicy.k8s.io/v1alpha1'),
  kind: v.literal('ImageReview'),
  metadata: v.exactOptional(v.unknown()),
  spec: v.strictObject({
    containers: v.exactOptional(v.array(v.strictObject({ image: v.exactOptional(text) }))),
    annotations: v.exactOptional(map),
    namespace: v.exactOptional(text),
  }),
  status: v.exactOptional(v.unknown()),
});

/** Rule: imagepolicy.k8s.io/v1alpha1 ImageReviewStatus; the reason is empty where it is allowed. */
export const imageReviewResponse: v.GenericSchema = v.strictObject({
  apiVersion: v.literal('imagepolicy.k8s.io/v1alpha1'),
  kind: v.literal('ImageReview'),
  status: v.union([
    v.strictObject({ allowed: v.literal(true), reason: v.literal(''), auditAnnotations: audit }),
    v.strictObject({
      allowed: v.literal(false),
      reason: v.pipe(text, v.minLength(1), v.maxLength(4096)),
      auditAnnotations: audit,
    }),
  ]),
});

/** Rule: externaldata.gatekeeper.sh/v1beta1 ProviderRequest. */
export const providerRequest: v.GenericSchema = v.strictObject({
  apiVersion: v.literal('externaldata.gatekeeper.sh/v1beta1'),
  kind: v.literal('ProviderRequest'),
  request: v.strictObject({ keys: v.array(text) }),
});

const error = v.strictObject({ key: text, error: v.pipe(text, v.minLength(1)) });
const provided = (idempotent: boolean, value: v.GenericSchema): v.GenericSchema =>
  v.strictObject({
    apiVersion: v.literal('externaldata.gatekeeper.sh/v1beta1'),
    kind: v.literal('ProviderResponse'),
    response: v.strictObject({
      idempotent: v.literal(idempotent),
      items: v.array(v.union([v.strictObject({ key: text, value }), error])),
      systemError: v.literal(''),
    }),
  });

/** Rule: externaldata.gatekeeper.sh/v1beta1 ProviderResponse; the value as Ratify v0.x gives it. */
export const verifyResponse: v.GenericSchema = provided(
  false,
  v.strictObject({
    version: v.literal('0.2.0'),
    isSuccess: v.boolean(),
    traceID: v.pipe(text, v.minLength(1)),
    timestamp: v.pipe(text, v.isoTimestamp()),
    verifierReports: v.tuple([
      v.strictObject({
        subject: image,
        isSuccess: v.boolean(),
        verifierName: v.literal('signet'),
        name: v.literal('signet'),
        type: v.literal('signet'),
        message: v.pipe(text, v.minLength(1)),
        extensions: map,
        artifactType: text,
        nestedResults: v.tuple([]),
      }),
    ]),
  }),
);

/** Gatekeeper mutates texts only, and only with what it may ask for twice. */
export const mutateResponse: v.GenericSchema = provided(true, image);
