import * as v from 'valibot';
import type { ReviewDeadline } from '../judge/deadline.ts';
import type { Judge } from '../judge/judge.ts';
import { reviewImages } from '../review/review.ts';
import { type PlacedOutcome, refusalMessage } from '../review/texts.ts';
import { checkVersion, notValid } from './admission-request.ts';
import { auditAnnotations } from './audit-annotations.ts';

const apiVersion = 'imagepolicy.k8s.io/v1alpha1';
const kind = 'ImageReview';

/** What is asked. Rule: imagepolicy.k8s.io/v1alpha1 ImageReviewSpec. */
export interface ImageReviewRequest {
  readonly images: readonly string[];
  readonly namespace: string;
}

/** The answer. Rule: imagepolicy.k8s.io/v1alpha1 ImageReviewStatus; `reason` is empty where it is allowed. */
export interface ImageReviewAnswer {
  readonly apiVersion: string;
  readonly kind: string;
  readonly status: {
    readonly allowed: boolean;
    readonly reason: string;
    readonly auditAnnotations?: Readonly<Record<string, string>>;
  };
}

const text: v.GenericSchema<string> = v.pipe(v.string(), v.maxLength(1024));
const schema: v.GenericSchema<
  unknown,
  { readonly spec: { readonly containers?: readonly { readonly image?: string }[]; readonly namespace?: string } }
> = v.object({
  spec: v.object({
    containers: v.exactOptional(v.array(v.object({ image: v.exactOptional(text) }))),
    namespace: v.exactOptional(text),
  }),
});

/** @throws {AdmissionError} REQUEST_INVALID, REQUEST_UNSUPPORTED */
export function parseImageReview(body: unknown): ImageReviewRequest {
  checkVersion(body, apiVersion, kind);
  const parsed = v.safeParse(schema, body);
  if (!parsed.success) throw notValid(parsed.issues[0]);
  const { containers = [], namespace = '' } = parsed.output.spec;
  return { images: containers.map(({ image = '' }) => image), namespace };
}

/** Refuses or lets pass: an ImageReview cannot change what is pulled. Annotations of the pod (`*.image-policy.k8s.io/*`) open nothing. */
export async function reviewImageReview(
  { images }: ImageReviewRequest,
  reviewing: { readonly judge: Judge; readonly deadline: ReviewDeadline },
): Promise<{ readonly answer: ImageReviewAnswer; readonly outcomes: readonly PlacedOutcome[] }> {
  const judged = await reviewImages(images, { ...reviewing, pinning: 'cannot-pin' });
  const outcomes = judged.map((outcome, at) => ({ image: images[at] ?? '', outcome }));
  const refusal = refusalMessage(outcomes);
  const status = {
    allowed: refusal === undefined,
    reason: refusal ?? '',
    ...(outcomes.length === 0
      ? {}
      : { auditAnnotations: auditAnnotations({ outcomes, policy: reviewing.judge.policy.revision }) }),
  };
  return { answer: { apiVersion, kind, status }, outcomes };
}
