import { shorten } from '@signet/verifier';
import * as v from 'valibot';
import { AdmissionError } from '../errors.ts';

const text = v.pipe(v.string(), v.maxLength(1024));

/** What is looked at of a review; the rest may be anything. Rule: admission.k8s.io/v1 AdmissionReview. */
const reviewSchema = v.object({
  request: v.object({
    uid: v.pipe(text, v.minLength(1)),
    operation: v.picklist(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
    namespace: v.optional(text, ''),
    name: v.optional(text, ''),
    subResource: v.optional(text, ''),
    dryRun: v.optional(v.nullable(v.boolean()), false),
    object: v.optional(v.unknown()),
    oldObject: v.optional(v.unknown()),
  }),
});

/** The request of an AdmissionReview. */
export type AdmissionRequest = v.InferOutput<typeof reviewSchema>['request'];

const version = 'admission.k8s.io/v1';

/** @throws {AdmissionError} REQUEST_INVALID, REQUEST_UNSUPPORTED */
export function parseAdmissionReview(body: unknown): AdmissionRequest {
  checkVersion(body, version, 'AdmissionReview');
  const parsed = v.safeParse(reviewSchema, body);
  if (!parsed.success) throw notValid(parsed.issues[0]);
  return parsed.output.request;
}

/** @throws {AdmissionError} REQUEST_INVALID for what is no such document, REQUEST_UNSUPPORTED for one of another version */
export function checkVersion(body: unknown, apiVersion: string, kind: string): void {
  const parsed = v.safeParse(v.object({ apiVersion: text, kind: text }), body);
  if (!parsed.success) throw new AdmissionError('REQUEST_INVALID', `the body is no ${kind}`);
  const { output } = parsed;
  if (output.kind === kind && output.apiVersion === apiVersion) return;
  const given = JSON.stringify(shorten(`${output.apiVersion} ${output.kind}`, 100));
  const code = output.kind === kind ? 'REQUEST_UNSUPPORTED' : 'REQUEST_INVALID';
  throw new AdmissionError(code, `${apiVersion} ${kind} is wanted, not ${given}`);
}

/** What a validator found, in the words of an error. */
export function notValid(issue: v.BaseIssue<unknown>): AdmissionError {
  const path = v.getDotPath(issue) ?? '';
  return new AdmissionError('REQUEST_INVALID', shorten(path === '' ? issue.message : `${path}: ${issue.message}`, 300));
}
