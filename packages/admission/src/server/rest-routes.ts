import { RegistryError } from '@signet/oci';
import { type ReportJson, toReportJson } from '@signet/verifier';
import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import { AdmissionError } from '../errors.ts';
import type { ReviewDeadline } from '../judge/deadline.ts';
import type { Judge } from '../judge/judge.ts';
import { notValid } from '../kubernetes/admission-request.ts';
import { outcomeOf, unreadable } from '../review/outcome.ts';
import { maxImages } from '../review/review.ts';
import type { PlacedOutcome } from '../review/texts.ts';
import { isPrivileged, refuse } from './access.ts';
import { type ServerContext, tell, withDeadline } from './context.ts';

/** What came of one image of a request. */
type Result =
  | { readonly image: string; readonly report: ReportJson }
  | { readonly image: string; readonly error: { readonly code: string; readonly message: string } };

const schema: v.GenericSchema<unknown, { readonly images: readonly string[] }> = v.strictObject({
  images: v.pipe(
    v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(1024))),
    v.minLength(1),
    v.maxLength(maxImages),
  ),
});

/** `POST /v1/verify`: the reports of many images, for callers that read them themselves. Rule: openapi/paths.ts */
export function restRoutes(app: FastifyInstance, context: ServerContext): void {
  const { judge, timeouts } = context;
  app.post('/v1/verify', {
    onRequest: async (request, reply) => {
      if (isPrivileged(request.raw, context.access)) return;
      await refuse(reply);
    },
    handler: async (request) => {
      const parsed = v.safeParse(schema, request.body);
      if (!parsed.success) throw notValid(parsed.issues[0]);
      const { images } = parsed.output;
      const judged = await withDeadline(request, timeouts.restMs, (deadline) =>
        Promise.all(images.map((image) => verifyOne(image, judge, deadline))),
      );
      tell(context, request, { endpoint: 'verify', outcomes: judged.map(({ placed }) => placed) });
      const allowed = judged.every(({ placed }) => placed.outcome.isAllowed);
      return { allowed, policy: judge.policy.revision, results: judged.map(({ result }) => result) };
    },
  });
}

async function verifyOne(
  image: string,
  judge: Judge,
  deadline: ReviewDeadline,
): Promise<{ readonly result: Result; readonly placed: PlacedOutcome }> {
  try {
    const answer = await judge.judge(image, deadline);
    const report = toReportJson(answer.report);
    return { result: { image, report }, placed: { image, outcome: outcomeOf(answer, 'pins') } };
  } catch (error) {
    if (!(error instanceof RegistryError) && !(error instanceof AdmissionError)) throw error;
    const { code, message } = error;
    return { result: { image, error: { code, message } }, placed: { image, outcome: unreadable(message) } };
  }
}
