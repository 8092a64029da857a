import { shorten } from '@signet/verifier';
import type { FastifyInstance } from 'fastify';
import { type AdmissionRequest, parseAdmissionReview } from '../kubernetes/admission-request.ts';
import { reviewAdmission } from '../kubernetes/admission-review.ts';
import { parseImageReview, reviewImageReview } from '../kubernetes/image-review.ts';
import { type ServerContext, tell, withDeadline } from './context.ts';

/** `POST /validate`, `/mutate` and `/imagereview`: an answer in time, always with status 200 where the request is one. */
export function kubernetesRoutes(app: FastifyInstance, context: ServerContext): void {
  const { judgeFor, customPaths, timeouts } = context;
  for (const kind of ['validate', 'mutate'] as const) {
    app.post(`/${kind}`, async (request) => {
      const review = parseAdmissionReview(request.body);
      const { response, outcomes } = await withDeadline(request, timeouts.admissionMs, (deadline) =>
        reviewAdmission(review, kind, { judge: judgeFor(review), customPaths, deadline }),
      );
      tell(context, request, { endpoint: kind, outcomes, ...factsOf(review) });
      return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response };
    });
  }
  app.post('/imagereview', async (request) => {
    const review = parseImageReview(request.body);
    const { answer, outcomes } = await withDeadline(request, timeouts.imageReviewMs, (deadline) =>
      reviewImageReview(review, { judge: judgeFor({ namespace: review.namespace }), deadline }),
    );
    tell(context, request, { endpoint: 'imagereview', outcomes, namespace: review.namespace });
    return answer;
  });
}

function factsOf({ uid, operation, namespace, name, dryRun, subResource, object }: AdmissionRequest) {
  // What a controller creates has no name yet, but the beginning of one.
  const begin = textAt(object, 'metadata', 'generateName');
  const given = name ?? (begin === undefined ? undefined : `${begin}*`);
  return {
    uid,
    operation,
    namespace,
    kind: textAt(object, 'kind'),
    object: given,
    subResource: subResource === '' ? undefined : subResource,
    dryRun: dryRun === true ? true : undefined,
  };
}

/** A text within an object that nobody has looked at yet, cut to the length that names have. */
function textAt(value: unknown, ...way: readonly string[]): string | undefined {
  let at = value;
  for (const step of way) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[step];
  }
  return typeof at === 'string' ? shorten(at, 253) : undefined;
}
