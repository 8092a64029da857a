import { webhookSources } from '../webhooks/event.ts';
import { ref, type Schema } from './schemas.ts';

/** One operation of OpenAPI 3.1. */
type Operation = Readonly<Record<string, unknown>>;
type Path = Readonly<Partial<Record<'get' | 'post', Operation>>>;

const json = (schema: Schema) => ({ 'application/json': { schema } });
const failures: Readonly<Record<string, string>> = {
  400: 'The request cannot be read: REQUEST_INVALID, or REQUEST_UNSUPPORTED for another version.',
  401: 'UNAUTHORIZED: see the security of the operation.',
  413: 'REQUEST_TOO_LARGE: more than 8 MiB.',
  415: 'REQUEST_UNSUPPORTED: not JSON.',
  500: 'FAILED: the server is at fault; its log says how.',
  503: 'SERVER_BUSY: too many requests, or too large ones, at the same time.',
};
const failed = (...codes: readonly number[]) =>
  Object.fromEntries(codes.map((code) => [code, { description: failures[code], content: json(ref('Error')) }]));

const timeout = {
  name: 'timeout',
  in: 'query',
  description: 'How long the caller waits, as Go writes a duration; at most 30s. The answer comes before.',
  schema: { type: 'string', examples: ['10s'] },
};

/** Bearer token or client certificate; on loopback without tokens nothing is asked for. */
const privileged = [{ token: [] }, { clientCertificate: [] }, {}];

interface Post {
  readonly summary: string;
  readonly asked: Schema;
  readonly answered: Schema;
  readonly security?: readonly object[];
}

function post({ summary, asked, answered, security }: Post): Path {
  return {
    post: {
      summary,
      parameters: [timeout],
      ...(security === undefined ? {} : { security }),
      requestBody: { required: true, content: json(asked) },
      responses: {
        200: { description: 'The answer, whatever it says.', content: json(answered) },
        ...failed(400, 401, 413, 415, 500, 503),
      },
    },
  };
}

function get(summary: string, responses: Readonly<Record<number, object>>, security?: readonly object[]): Path {
  return { get: { summary, ...(security === undefined ? {} : { security }), responses } };
}

function admission(summary: string): Path {
  return post({ summary, asked: ref('AdmissionReviewRequest'), answered: ref('AdmissionReviewResponse') });
}

function gatekeeper(kind: 'Verify' | 'Mutate', summary: string): Readonly<Record<string, Path>> {
  const path = post({ summary, asked: ref('ProviderRequest'), answered: ref(`Provider${kind}Response`) });
  const name = kind.toLowerCase();
  return { [`/gatekeeper/${name}`]: path, [`/ratify/gatekeeper/v1/${name}`]: path };
}

const webhookPaths = webhookSources.map((source): readonly [string, Path] => {
  const content = { 'application/json': { schema: { type: 'object' } } };
  const operation = {
    summary: `Takes a notification of ${source}: a hint to ask the registry anew, and to verify what was pushed.`,
    security: [{ webhookSecret: [] }],
    requestBody: { required: true, content },
    responses: {
      202: { description: 'What becomes of its events.', content: json(ref('EventCounts')) },
      ...failed(400, 401, 413, 415, 500, 503),
    },
  };
  return [`/webhooks/${source}`, { post: operation }];
});

/** All paths of the server. */
export const paths: Readonly<Record<string, Path>> = {
  '/v1/verify': post({
    summary: 'Verifies images by the policy, and gives the report of each.',
    asked: ref('VerifyRequest'),
    answered: ref('VerifyResponse'),
    security: privileged,
  }),
  '/validate': admission('Kubernetes validating webhook: refuses objects with images that are not allowed.'),
  '/mutate': admission('Kubernetes mutating webhook: the same, and pins each verified image to its digest.'),
  '/imagereview': post({
    summary: 'Kubernetes ImagePolicyWebhook.',
    asked: ref('ImageReviewRequest'),
    answered: ref('ImageReviewResponse'),
  }),
  ...gatekeeper('Verify', 'Gatekeeper external data: whether each image is allowed, as Ratify v0 says it.'),
  ...gatekeeper('Mutate', 'Gatekeeper external data: each image with its digest.'),
  ...Object.fromEntries(webhookPaths),
  '/healthz': get('The server runs.', { 200: { description: 'It does.', content: json(ref('Health')) } }),
  '/readyz': get('The server may be sent requests.', {
    200: { description: 'It may.', content: json(ref('Readiness')) },
    503: { description: 'It is shutting down.', content: json(ref('Readiness')) },
  }),
  '/metrics': get(
    'Figures for Prometheus.',
    {
      200: { description: 'In the text format.', content: { 'text/plain': { schema: { type: 'string' } } } },
      ...failed(401),
    },
    privileged,
  ),
  '/openapi.json': get('This document.', {
    200: { description: 'OpenAPI 3.1.', content: json({ type: 'object' }) },
  }),
};
