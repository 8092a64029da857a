import type { FastifyInstance } from 'fastify';
import { type AdmissionRequest, parseAdmissionReview } from '../kubernetes/admission-request.ts';
import { reviewAdmission } from '../kubernetes/admission-review.ts';
import { parseImageReview, reviewImageReview } from '../kubernetes/image-review.ts';
import { type ServerContext, tell, withDeadline } from './context.ts';

/** `POST /validate`, `/mutate` and `/imagereview`: an answer in time, always with status 200 where the request is one. */
export function kubernetesRoutes(app: FastifyInstance, context: ServerContext): void {
  const { judge, customPaths, timeouts } = context;
  for (const kind of ['validate', 'mutate'] as const) {
    app.post(`/${kind}`, async (request) => {
      const review = parseAdmissionReview(request.body);
      const { response, outcomes } = await withDeadline(request, timeouts.admissionMs, (deadline) =>
        reviewAdmission(review, kind, { judge, customPaths, deadline }),
      );
      tell(context, request, { endpoint: kind, outcomes, ...factsOf(review) });
      return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response };
    });
  }
  app.post('/imagereview', async (request) => {
    const review = parseImageReview(request.body);
    const { answer, outcomes } = await withDeadline(request, timeouts.imageReviewMs, (deadline) =>
      reviewImageReview(review, { judge, deadline }),
    );
    tell(context, request, { endpoint: 'imagereview', outcomes, namespace: review.namespace });
    return answer;
  });
}

function factsOf({ uid, operation, namespace, name }: AdmissionRequest) {
  return {
    uid,
    operation,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { object: name }),
  };
}
