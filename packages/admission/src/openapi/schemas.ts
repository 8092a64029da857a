/** A JSON Schema, as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

/** A schema of `components`. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const string: Schema = { type: 'string' };
const boolean: Schema = { type: 'boolean' };
const count: Schema = { type: 'integer', minimum: 0 };
const texts: Schema = { type: 'object', additionalProperties: string };
const image: Schema = { type: 'string', minLength: 1, maxLength: 1024, examples: ['registry.example.com/web:1.4'] };
const verdict: Schema = { enum: ['verified', 'denied', 'undecided'] };

/** All members are there but those named after them; there are no others. */
function closed(properties: Readonly<Record<string, Schema>>, ...optional: readonly string[]): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', additionalProperties: false, required, properties };
}

/** A document of a Kubernetes API; callers may send more than is looked at. */
function kubernetes(apiVersion: string, kind: string, properties: Readonly<Record<string, Schema>>): Schema {
  const all = { apiVersion: { const: apiVersion }, kind: { const: kind }, ...properties };
  return { type: 'object', required: Object.keys(all), properties: all };
}

const rest: Readonly<Record<string, Schema>> = {
  VerifyRequest: closed({ images: { type: 'array', minItems: 1, maxItems: 256, items: image } }),
  VerifyResponse: closed({
    allowed: { type: 'boolean', description: 'Whether all images are allowed.' },
    policy: ref('PolicyRevision'),
    results: { type: 'array', description: 'In the order of the images.', items: ref('VerifyResult') },
  }),
  VerifyResult: {
    oneOf: [closed({ image, report: ref('Report') }), closed({ image, error: ref('ErrorDetail') })],
  },
  PolicyRevision: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'All trust material included.' },
  Error: closed({ error: ref('ErrorDetail') }),
  ErrorDetail: closed({ code: { type: 'string', pattern: '^[A-Z_]+$' }, message: string }),
  Health: closed({ status: { const: 'ok' } }),
  Readiness: closed({ status: { enum: ['ready', 'shutting down'] }, policy: ref('PolicyRevision') }),
};

const auditAnnotations: Schema = {
  ...texts,
  description:
    'policy, verdict, images (not simply verified), verified, unpinned, unchanged; each where it says something.',
};
const message: Schema = { type: 'string', maxLength: 4096 };

const kubernetesSchemas: Readonly<Record<string, Schema>> = {
  AdmissionReviewRequest: kubernetes('admission.k8s.io/v1', 'AdmissionReview', {
    request: {
      type: 'object',
      required: ['uid', 'operation'],
      properties: {
        uid: { type: 'string', minLength: 1, maxLength: 1024 },
        operation: { enum: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] },
        namespace: string,
        name: string,
        subResource: string,
        dryRun: { type: ['boolean', 'null'] },
        object: { description: 'A workload of any kind, a list, or a custom resource whose paths are configured.' },
        oldObject: true as unknown as Schema,
      },
    },
  }),
  AdmissionReviewResponse: kubernetes('admission.k8s.io/v1', 'AdmissionReview', {
    response: closed(
      {
        uid: string,
        allowed: boolean,
        status: closed({ code: { const: 403 }, reason: { const: 'Forbidden' }, message }),
        warnings: { type: 'array', maxItems: 16, items: { type: 'string', maxLength: 256 } },
        auditAnnotations,
        patchType: { const: 'JSONPatch' },
        patch: { type: 'string', contentEncoding: 'base64', contentMediaType: 'application/json-patch+json' },
      },
      ...['status', 'warnings', 'auditAnnotations', 'patchType', 'patch'],
    ),
  }),
  ImageReviewRequest: kubernetes('imagepolicy.k8s.io/v1alpha1', 'ImageReview', {
    spec: {
      type: 'object',
      properties: {
        containers: { type: 'array', items: { type: 'object', properties: { image: string } } },
        annotations: { ...texts, description: 'Not looked at: no annotation opens anything.' },
        namespace: string,
      },
    },
  }),
  ImageReviewResponse: kubernetes('imagepolicy.k8s.io/v1alpha1', 'ImageReview', {
    status: closed({ allowed: boolean, reason: message, auditAnnotations }, 'auditAnnotations'),
  }),
};

function providerResponse(value: Schema): Schema {
  const items = {
    type: 'array',
    items: { oneOf: [closed({ key: string, value }), closed({ key: string, error: string })] },
  };
  return kubernetes('externaldata.gatekeeper.sh/v1beta1', 'ProviderResponse', {
    response: closed({ idempotent: boolean, items, systemError: string }),
  });
}

const gatekeeper: Readonly<Record<string, Schema>> = {
  ProviderRequest: kubernetes('externaldata.gatekeeper.sh/v1beta1', 'ProviderRequest', {
    request: { type: 'object', required: ['keys'], properties: { keys: { type: 'array', items: string } } },
  }),
  ProviderVerifyResponse: providerResponse(ref('RatifyValue')),
  ProviderMutateResponse: providerResponse({ type: 'string', description: 'The image, with its digest.' }),
  RatifyValue: closed({
    version: { const: '0.2.0' },
    isSuccess: { type: 'boolean', description: 'What the mode of the rule makes of the verdict.' },
    traceID: string,
    timestamp: { type: 'string', format: 'date-time' },
    verifierReports: { type: 'array', minItems: 1, maxItems: 1, items: ref('RatifyReport') },
  }),
  RatifyReport: closed({
    subject: string,
    isSuccess: { type: 'boolean', description: 'Whether the verdict is verified.' },
    ...Object.fromEntries(['verifierName', 'name', 'type'].map((name) => [name, { const: 'signet' }])),
    message: string,
    extensions: {
      type: 'object',
      required: ['verdict', 'code'],
      properties: { verdict, code: string, rule: string, digest: string, unpinned: { const: 'true' } },
      additionalProperties: false,
    },
    artifactType: string,
    nestedResults: { type: 'array', maxItems: 0 },
  }),
};

const webhooks: Readonly<Record<string, Schema>> = {
  EventCounts: closed({
    queued: { ...count, description: 'The image is verified later.' },
    noted: { ...count, description: 'What was known of the repository is asked anew.' },
    ignored: { ...count, description: 'It names no repository.' },
    dropped: { ...count, description: 'Too many wait.' },
  }),
};

/** The schemas of everything that is asked and answered; `Report` comes from the verifier. */
export const schemas: Readonly<Record<string, Schema>> = { ...rest, ...kubernetesSchemas, ...gatekeeper, ...webhooks };
