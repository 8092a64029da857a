import { shorten } from '@signet/verifier';
import * as v from 'valibot';
import { AdmissionError } from '../errors.ts';

/** The request of an AdmissionReview: what is looked at of it. Rule: admission.k8s.io/v1 AdmissionRequest. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly namespace?: string;
  readonly name?: string;
  readonly subResource?: string;
  readonly dryRun?: boolean | null;
  readonly object?: unknown;
  readonly oldObject?: unknown;
}

const text: v.GenericSchema<string> = v.pipe(v.string(), v.maxLength(1024));
const reviewSchema: v.GenericSchema<unknown, { readonly request: AdmissionRequest }> = v.object({
  request: v.object({
    uid: v.pipe(text, v.minLength(1)),
    operation: v.picklist(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
    namespace: v.exactOptional(text),
    name: v.exactOptional(text),
    subResource: v.exactOptional(text),
    dryRun: v.exactOptional(v.nullable(v.boolean())),
    object: v.optional(v.unknown()),
    oldObject: v.optional(v.unknown()),
  }),
});

const version = 'admission.k8s.io/v1';
const versionSchema: v.GenericSchema<unknown, { readonly apiVersion: string; readonly kind: string }> = v.object({
  apiVersion: text,
  kind: text,
});

/** @throws {AdmissionError} REQUEST_INVALID, REQUEST_UNSUPPORTED */
export function parseAdmissionReview(body: unknown): AdmissionRequest {
  checkVersion(body, version, 'AdmissionReview');
  const parsed = v.safeParse(reviewSchema, body);
  if (!parsed.success) throw notValid(parsed.issues[0]);
  return parsed.output.request;
}

/** @throws {AdmissionError} REQUEST_INVALID for what is no such document, REQUEST_UNSUPPORTED for one of another version */
export function checkVersion(body: unknown, apiVersion: string, kind: string): void {
  const parsed = v.safeParse(versionSchema, body);
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
