import type { CustomPaths, ImageRole } from '@signet/workloads';
import type { ReviewDeadline } from '../judge/deadline.ts';
import type { Judge } from '../judge/judge.ts';
import { type Outcome, unreadable } from '../review/outcome.ts';
import { reviewImages } from '../review/review.ts';
import { type PlacedOutcome, refusalMessage, type Where, warningsOf } from '../review/texts.ts';
import type { AdmissionRequest } from './admission-request.ts';
import { auditAnnotations } from './audit-annotations.ts';
import { pinningPatch } from './json-patch.ts';
import { type PlacedImage, type PlacedImages, placedImages } from './placed-images.ts';

/** The answer to an AdmissionReview. Rule: admission.k8s.io/v1 AdmissionResponse. */
export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: { readonly code: number; readonly reason: string; readonly message: string };
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
  readonly patchType?: 'JSONPatch';
  readonly patch?: string;
}

/** What reviews are answered with. */
export interface Reviewing {
  readonly judge: Judge;
  readonly deadline: ReviewDeadline;
  readonly customPaths: CustomPaths;
}

/** A review with what came of each image, for the log. */
export interface Reviewed {
  readonly response: AdmissionResponse;
  readonly outcomes: readonly PlacedOutcome[];
}

/** `validate` refuses or lets pass; `mutate` also pins what was verified. Never throws for what an object holds. */
export async function reviewAdmission(
  request: AdmissionRequest,
  kind: 'validate' | 'mutate',
  reviewing: Reviewing,
): Promise<Reviewed> {
  const { uid, operation } = request;
  if (operation === 'DELETE' || operation === 'CONNECT') return { response: { uid, allowed: true }, outcomes: [] };
  const found = objectImages(request, reviewing);
  const fresh = found.images.filter(({ isUnchanged }) => !isUnchanged);
  const pinning = kind === 'mutate' ? 'pins' : 'cannot-pin';
  const texts = fresh.map(({ written }) => written);
  const outcomes = await reviewImages(texts, { ...reviewing, pinning });
  const placed = [
    ...fresh.map((image, at) => ({ image: image.written, where: whereOf(image), outcome: outcomes[at] ?? notLooked })),
    ...found.unread.map(({ path, message }) => ({
      image: path === '' ? 'the object' : path,
      outcome: unreadable(message),
    })),
  ];
  const refusal = refusalMessage(placed);
  const unchanged = found.images.length - fresh.length;
  const noted = auditAnnotations({ outcomes: placed, policy: reviewing.judge.policy.revision, unchanged });
  const common = { uid, ...(Object.keys(noted).length === 0 ? {} : { auditAnnotations: noted }), ...warned(placed) };
  if (refusal !== undefined)
    return { response: { ...common, allowed: false, status: forbidden(refusal) }, outcomes: placed };
  const patch =
    kind === 'validate' ? [] : pinningPatch(fresh.map((image, at) => ({ image, outcome: outcomes[at] ?? notLooked })));
  if (patch.length === 0) return { response: { ...common, allowed: true }, outcomes: placed };
  const encoded = Buffer.from(JSON.stringify(patch)).toString('base64');
  return { response: { ...common, allowed: true, patchType: 'JSONPatch', patch: encoded }, outcomes: placed };
}

const notLooked: Outcome = unreadable('it was not looked at');

function objectImages(
  { operation, object, oldObject }: AdmissionRequest,
  { judge, customPaths }: Reviewing,
): PlacedImages {
  if (typeof object !== 'object' || object === null)
    return { images: [], unread: [{ path: '', message: 'the request holds no object' }] };
  const before = operation === 'UPDATE' ? { oldObject } : {};
  return placedImages({ object, ...before, customPaths, refuse: judge.policy.refuse });
}

const roles: Partial<Record<ImageRole, string>> = {
  'init-container': 'init container',
  'ephemeral-container': 'ephemeral container',
  'image-volume': 'volume',
};

function whereOf({ container, path, role }: PlacedImage): Where {
  return { path, ...(container === undefined ? {} : { name: `${roles[role] ?? 'container'} "${container}"` }) };
}

function forbidden(message: string): NonNullable<AdmissionResponse['status']> {
  return { code: 403, reason: 'Forbidden', message };
}

function warned(placed: readonly PlacedOutcome[]): Pick<AdmissionResponse, 'warnings'> {
  const warnings = warningsOf(placed);
  return warnings.length === 0 ? {} : { warnings };
}
