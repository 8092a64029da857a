import report from '@signet/verifier/report.schema.json' with { type: 'json' };
import { paths } from './paths.ts';
import { schemas } from './schemas.ts';

/** What the server answers, for programs that use it. Rule: OpenAPI Specification 3.1. */
export const openApiDocument: Readonly<Record<string, unknown>> = {
  openapi: '3.1.0',
  info: {
    title: 'Signet admission server',
    version: '1',
    description: 'Answers by one trust policy whether container images may run. docs/admission.md explains it.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  paths,
  components: {
    schemas: { ...schemas, Report: report },
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer', description: 'One of the tokens that the server is started with.' },
      clientCertificate: { type: 'mutualTLS' },
      webhookSecret: {
        type: 'http',
        scheme: 'bearer',
        description: 'The secret that the registry is configured with; Harbor sends it without the word Bearer.',
      },
    },
  },
};
