import { readdirSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../../packages/admission/src/index.ts';
import {
  type ExpectedReview,
  gatekeeperMutateAnswers,
  gatekeeperVerifyAnswers,
  imageReviewAnswers,
  mutateAnswers,
  validateAnswers,
} from './answers.ts';
import * as shapes from './shapes.ts';
import { serveWorld } from './server.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let server: RunningServer;

beforeAll(async () => {
  world = await createWorld();
  server = await serveWorld(world);
});

afterAll(() => server.close());

/** The request of a file; the same digests as in the world, or the files are of another one. */
function requestOf(folder: string, name: string): string {
  return readFileSync(new URL(`${folder}/${name}.json`, import.meta.url), 'utf8');
}

async function post<T>(path: string, body: string): Promise<T> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

/** Digests by the names of their images, as the table has them. */
function named(text: string): string {
  return Object.entries(world.digests).reduce((all, [name, digest]) => all.replaceAll(digest, name), text);
}

/** `PLACE: IMAGE: VERDICT CODE` of each line of a refusal. */
function refusedIn(message: string): readonly string[] {
  return named(message)
    .split('\n')
    .filter((line) => !/^\d+ images are refused:$/.test(line))
    .map((line) => line.replace(/: (verified|denied|undecided) \((\w+)\): .*$/, ': $1 $2'));
}

function expectAudit(given: Readonly<Record<string, string>> | undefined, { audit }: ExpectedReview): void {
  if (audit === undefined) return;
  const all = Object.fromEntries(Object.entries(given ?? {}).map(([key, text]) => [key, named(text)]));
  expect(all).toMatchObject({ ...audit, policy: world.policy.revision });
}

interface AdmissionAnswer {
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly status?: { readonly message: string };
    readonly warnings?: readonly string[];
    readonly auditAnnotations?: Readonly<Record<string, string>>;
    readonly patch?: string;
  };
}

async function expectReview(folder: 'validate' | 'mutate', name: string, expected: ExpectedReview): Promise<void> {
  const body = requestOf(folder, name);
  const request: { readonly request: { readonly uid: string } } = JSON.parse(body);
  v.assert(shapes.admissionReviewRequest, request);
  const answer = await post<AdmissionAnswer>(`/${folder}?timeout=10s`, body);
  v.assert(shapes.admissionReviewResponse, answer);
  const { uid, allowed, status, warnings = [], auditAnnotations, patch } = answer.response;
  expect(uid).toBe(request.request.uid);
  expect(refusedIn(status?.message ?? '').filter((line) => line !== '')).toEqual(expected.refused ?? []);
  expect(allowed).toBe(expected.refused === undefined);
  expect(warnings).toHaveLength(expected.warnings?.length ?? 0);
  for (const [at, begin] of (expected.warnings ?? []).entries())
    expect(warnings[at]?.slice(0, begin.length)).toBe(begin);
  expectAudit(auditAnnotations, expected);
  expect(pinnedBy(patch)).toEqual(expected.pinned ?? {});
}

/** Image by JSON Pointer. That each is tested before it is replaced is a matter of json-patch.test.ts. */
function pinnedBy(patch: string | undefined): Readonly<Record<string, string>> {
  if (patch === undefined) return {};
  const steps: readonly { op: string; path: string; value: string }[] = JSON.parse(
    Buffer.from(patch, 'base64').toString(),
  );
  return Object.fromEntries(steps.filter(({ op }) => op === 'replace').map(({ path, value }) => [path, named(value)]));
}

describe('the corpus', () => {
  const tables = {
    validate: validateAnswers,
    mutate: mutateAnswers,
    imagereview: imageReviewAnswers,
    'gatekeeper-verify': gatekeeperVerifyAnswers,
    'gatekeeper-mutate': gatekeeperMutateAnswers,
  };

  it.each(Object.entries(tables))('%s: each file has a row, each row a file', (folder, table) => {
    const files = readdirSync(new URL(folder, import.meta.url)).map((file) => file.replace(/\.json$/, ''));
    expect(files.sort()).toEqual(Object.keys(table).sort());
  });
});

describe('POST /validate', () => {
  it.each(Object.entries(validateAnswers))('%s', (name, expected) => expectReview('validate', name, expected));
});

it('says why a rule that only warns refuses what could not be decided: it might be what the policy refuses', async () => {
  const answer = await post<AdmissionAnswer>('/validate', requestOf('validate', 'pod-registry-down-warn'));
  expect(answer.response.status?.message).toContain('mode warn does not let it through: it cannot be ruled out');
});

describe('POST /mutate', () => {
  it.each(Object.entries(mutateAnswers))('%s', (name, expected) => expectReview('mutate', name, expected));
});

describe('POST /imagereview', () => {
  it.each(Object.entries(imageReviewAnswers))('%s', async (name, expected) => {
    const body = requestOf('imagereview', name);
    v.assert(shapes.imageReviewRequest, JSON.parse(body));
    const answer = await post<{
      readonly status: {
        readonly allowed: boolean;
        readonly reason: string;
        readonly auditAnnotations?: Readonly<Record<string, string>>;
      };
    }>('/imagereview', body);
    v.assert(shapes.imageReviewResponse, answer);
    const { allowed, reason, auditAnnotations } = answer.status;
    expect(allowed).toBe(expected.refused === undefined);
    expect(allowed ? [] : refusedIn(reason)).toEqual(expected.refused ?? []);
    expectAudit(auditAnnotations, expected);
  });
});

interface ProviderAnswer<Value> {
  readonly response: {
    readonly items: readonly { readonly key: string; readonly value?: Value; readonly error?: string }[];
  };
}

interface RatifyValue {
  readonly isSuccess: boolean;
  readonly verifierReports: readonly [
    { readonly isSuccess: boolean; readonly extensions: { readonly verdict: string; readonly code: string } },
  ];
}

function errorStart(error: string): string {
  return `error ${error.replace(/(: \w+ \(\w+\)): .*$/, '$1')}`;
}

describe('POST /gatekeeper/verify', () => {
  it.each(Object.entries(gatekeeperVerifyAnswers))('%s', async (name, expected) => {
    const body = requestOf('gatekeeper-verify', name);
    const asked: { readonly request: { readonly keys: readonly string[] } } = JSON.parse(body);
    v.assert(shapes.providerRequest, asked);
    const answer = await post<ProviderAnswer<RatifyValue>>('/gatekeeper/verify', body);
    v.assert(shapes.verifyResponse, answer);
    const { items } = answer.response;
    expect(items.map(({ key }) => key)).toEqual(asked.request.keys);
    const told = items.map(({ value, error = '' }) => {
      if (value === undefined) return errorStart(error);
      const { extensions, isSuccess } = value.verifierReports[0];
      expect(isSuccess).toBe(extensions.verdict === 'verified');
      return `${value.isSuccess} ${extensions.verdict} ${extensions.code}`;
    });
    expect(told).toEqual(expected);
  });
});

describe('POST /gatekeeper/mutate', () => {
  it.each(Object.entries(gatekeeperMutateAnswers))('%s', async (name, expected) => {
    const body = requestOf('gatekeeper-mutate', name);
    v.assert(shapes.providerRequest, JSON.parse(body));
    const answer = await post<ProviderAnswer<string>>('/gatekeeper/mutate', body);
    v.assert(shapes.mutateResponse, answer);
    const told = answer.response.items.map(({ value, error = '' }) =>
      value === undefined ? errorStart(error) : named(value),
    );
    expect(told).toEqual(expected);
  });
});
