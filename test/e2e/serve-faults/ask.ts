import type { Dispatcher } from 'undici';
import { admissionReview, pod } from '../../admission/requests.ts';
import type { Asked } from './images.ts';

/** The addresses that say whether images may run. */
export const endpoints = [
  '/validate',
  '/mutate',
  '/imagereview',
  '/gatekeeper/verify',
  '/gatekeeper/mutate',
  '/v1/verify',
] as const;
export type Endpoint = (typeof endpoints)[number];

/** What an answer says of one image; members are missing where it says nothing of that. */
export interface Said {
  readonly isAllowed?: boolean;
  readonly verdict?: string;
  /** A warning with this verdict. */
  readonly warned?: string;
  /** What is to be deployed in place of the tag. */
  readonly digest?: string;
}

/** How one request ended. `status` 0: no answer came. */
export interface Answer {
  readonly status: number;
  /** Whether everything may run. */
  readonly isAllowed: boolean;
  readonly said: readonly Said[];
  readonly ms: number;
  /** Why there is none, or what it says where it is no answer about images. */
  readonly text: string;
}

/** Whom to ask, and how. */
export interface Asking {
  readonly agent: Dispatcher;
  readonly url: string;
  readonly token: string;
  /** What the caller waits, as it tells the server. */
  readonly timeoutMs: number;
  /** A connection of its own. */
  readonly fresh: boolean;
}

/** Long after its time an answer has not come. */
const patienceMs = 20_000;

/** Asks about images. Never rejects. */
export async function ask(endpoint: Endpoint, images: readonly Asked[], asking: Asking): Promise<Answer> {
  const { agent, url, token, timeoutMs, fresh } = asking;
  const startedMs = performance.now();
  const done = (status: number, text: string, heard: Partial<Answer> = {}): Answer => ({
    status,
    text,
    isAllowed: false,
    said: [],
    ms: performance.now() - startedMs,
    ...heard,
  });
  try {
    const answer = await agent.request({
      origin: url,
      method: 'POST',
      path: `${endpoint}?timeout=${timeoutMs}ms`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(bodyOf(endpoint, images)),
      headersTimeout: timeoutMs + patienceMs,
      bodyTimeout: timeoutMs + patienceMs,
      reset: fresh,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) return done(answer.statusCode, text);
    return done(200, text, heard(endpoint, images, JSON.parse(text)));
  } catch (error) {
    return done(0, error instanceof Error ? `${error.name} ${error.message}` : String(error));
  }
}

function bodyOf(endpoint: Endpoint, images: readonly Asked[]): unknown {
  const references = images.map(({ reference }) => reference);
  switch (endpoint) {
    case '/validate':
    case '/mutate':
      return admissionReview(pod(...references));
    case '/imagereview': {
      const containers = references.map((image) => ({ image }));
      return { apiVersion: 'imagepolicy.k8s.io/v1alpha1', kind: 'ImageReview', spec: { containers } };
    }
    case '/gatekeeper/verify':
    case '/gatekeeper/mutate': {
      const apiVersion = 'externaldata.gatekeeper.sh/v1beta1';
      return { apiVersion, kind: 'ProviderRequest', request: { keys: references } };
    }
    case '/v1/verify':
      return { images: references };
  }
}

function heard(endpoint: Endpoint, images: readonly Asked[], body: Body): Pick<Answer, 'isAllowed' | 'said'> {
  switch (endpoint) {
    case '/validate':
    case '/mutate':
      return fromReview(images, body.response ?? {});
    case '/imagereview':
      return fromTexts(images, body.status?.allowed === true, body.status?.reason ?? '', []);
    default: {
      const said = endpoint === '/v1/verify' ? fromResults(body) : fromItems(body);
      return { isAllowed: said.every(({ isAllowed }) => isAllowed === true), said };
    }
  }
}

/** As much of the answers as is looked at. */
interface Body {
  readonly response?: {
    readonly allowed?: boolean;
    readonly status?: { readonly message?: string };
    readonly warnings?: readonly string[];
    readonly patch?: string;
    readonly items?: readonly Item[];
  };
  readonly status?: { readonly allowed?: boolean; readonly reason?: string };
  readonly results?: readonly { readonly report?: Report }[];
}

interface Item {
  readonly key: string;
  readonly error?: string;
  readonly value?: string | { readonly isSuccess: boolean; readonly verifierReports: readonly { message: string }[] };
}

interface Report {
  readonly verdict: string;
  readonly allowed: boolean;
  readonly digest?: string;
}

function fromReview(images: readonly Asked[], response: NonNullable<Body['response']>) {
  const { allowed = false, status, warnings = [], patch } = response;
  const texts = fromTexts(images, allowed, status?.message ?? '', warnings);
  const steps: readonly { readonly op: string; readonly path: string; readonly value: string }[] =
    patch === undefined ? [] : JSON.parse(Buffer.from(patch, 'base64').toString());
  const said = texts.said.map((each, at) => {
    const path = `/spec/containers/${at}/image`;
    const [, digest] = steps.find((step) => step.op === 'replace' && step.path === path)?.value.split('@') ?? [];
    return digest === undefined ? each : { ...each, digest };
  });
  return { ...texts, said };
}

/** Of what is refused as a whole, the images that the text names were in the way; what it does not name may have been fine. */
function fromTexts(images: readonly Asked[], isAllowed: boolean, message: string, warnings: readonly string[]) {
  const said = images.map(({ reference }): Said => {
    const verdict = verdictIn(message, `${reference}: `, '');
    const warned = warnings.map((text) => verdictIn(text, 'signet: ', `[^]*${literal(reference)}[ :]`)).find(Boolean);
    return {
      ...(isAllowed ? { isAllowed } : verdict === undefined ? {} : { isAllowed: false, verdict }),
      ...(warned === undefined ? {} : { warned }),
    };
  });
  return { isAllowed, said };
}

function fromItems({ response }: Body): readonly Said[] {
  return (response?.items ?? []).map(({ key, error, value }) => {
    if (typeof value === 'string') {
      const [, digest] = value.split('@');
      return { isAllowed: true, ...(digest === undefined || key.includes('@') ? {} : { digest }) };
    }
    const text = error ?? value?.verifierReports[0]?.message ?? '';
    const verdict = /\b(verified|denied|undecided) \([A-Z_]+\)/.exec(text)?.[1];
    return { isAllowed: value?.isSuccess === true, ...(verdict === undefined ? {} : { verdict }) };
  });
}

function fromResults({ results = [] }: Body): readonly Said[] {
  return results.map(({ report }) => {
    const { allowed = false, verdict = 'none', digest } = report ?? {};
    return { isAllowed: allowed, verdict, ...(digest === undefined ? {} : { digest }) };
  });
}

function verdictIn(text: string, before: string, after: string): string | undefined {
  return new RegExp(`${literal(before)}(verified|denied|undecided) \\([A-Z_]+\\)${after}`).exec(text)?.[1];
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
