import { RegistryError } from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import { AdmissionError } from '../../errors.ts';
import type { ReviewDeadline } from '../../judge/deadline.ts';
import type { Judge } from '../../judge/judge.ts';
import { type Outcome, unreadable } from '../../review/outcome.ts';
import { maxImages, reviewImages } from '../../review/review.ts';
import { type PlacedOutcome, refusalMessage } from '../../review/texts.ts';
import { endpointOf, type Switch } from './endpoints.ts';
import { localIdOf } from './local-id.ts';
import {
  type ApiRequest,
  type BroughtIn,
  type NamedImage,
  readContainer,
  readPull,
  readService,
} from './named-images.ts';
import { pulledAs } from './pulled-as.ts';
import { parseRequestUri, type RequestTarget } from './request-uri.ts';

/** What is decided about a request to the daemon. */
export interface Decision {
  readonly isAllowed: boolean;
  /** Why not; escaped. */
  readonly message?: string;
  /** Of the images that it names. */
  readonly outcomes: readonly PlacedOutcome[];
}

/** What a decision is made with. */
export interface Authorising {
  readonly judge: Judge;
  readonly deadline: ReviewDeadline;
  /** What is open though nobody can judge it. */
  readonly allowed: ReadonlySet<Switch>;
  /** The daemon's own socket: it knows as what an image was pulled that is named by its id. */
  readonly daemon: string;
}

/** Whether a request may go on. Never rejects for what is in the request. Rule: docs/gates.md, "Docker" */
export async function authorise(request: ApiRequest, authorising: Authorising): Promise<Decision> {
  try {
    const target = parseRequestUri(request.uri);
    const broughtIn = readRequest(target, request);
    if (broughtIn.kind === 'switched') return bySwitch(broughtIn.by, request, target, authorising);
    return await byImages(broughtIn.images, authorising);
  } catch (error) {
    if (error instanceof AdmissionError || error instanceof RegistryError)
      return { isAllowed: false, message: escapeForTerminal(`${error.message} (${error.code})`), outcomes: [] };
    throw error;
  }
}

function readRequest({ path, query }: RequestTarget, request: ApiRequest): BroughtIn {
  const endpoint = endpointOf(request.method, path);
  switch (endpoint.kind) {
    case 'open':
      return { kind: 'images', images: [] };
    case 'pull':
      return readPull(query, request);
    case 'create':
      return readContainer(request);
    case 'service':
      return readService(query, request);
    case 'switched':
      return endpoint;
  }
}

const closed: Readonly<Record<Switch, string>> = {
  build: 'what is built here is signed by nobody',
  load: 'what an archive holds is not verified',
  import: 'what an archive holds is not verified',
  tag: 'a local image could pose as a signed one',
  commit: 'what is made of a container is signed by nobody',
  plugins: 'plugins are not verified',
  swarm: 'tasks of a swarm run without a request to this daemon',
  unknown: 'it is not known what it brings in',
};

function bySwitch(by: Switch, { method }: ApiRequest, { path }: RequestTarget, { allowed }: Authorising): Decision {
  if (allowed.has(by)) return { isAllowed: true, outcomes: [] };
  const text = `${method} ${path.slice(0, 200)} is closed (ENDPOINT_CLOSED): ${closed[by]}; to do: pull signed images, or open it: signet gate docker --allow ${by}`;
  return { isAllowed: false, message: escapeForTerminal(text), outcomes: [] };
}

async function byImages(images: readonly NamedImage[], authorising: Authorising): Promise<Decision> {
  if (images.length > maxImages)
    throw new AdmissionError('REQUEST_INVALID', `the request cannot be judged: it names more than ${maxImages} images`);
  const outcomes = await Promise.all(
    images.map(async ({ image, where }) => ({
      image,
      where: { path: where },
      outcome: await review(image, authorising),
    })),
  );
  const message = refusalMessage(outcomes);
  return { isAllowed: message === undefined, ...(message === undefined ? {} : { message }), outcomes };
}

async function review(image: string, authorising: Authorising): Promise<Outcome> {
  const local = localIdOf(image);
  if (local === undefined) return await reviewNamed(image, authorising);
  if (local.kind === 'whole') return await reviewLocal(local.id, authorising);
  const why = 'it may be the beginning of an image id: which image that is can change';
  return unreadable(why, 'LOCAL_IMAGE', 'write the digest (REPOSITORY@sha256:…), the whole id, or a tag');
}

/** The daemon, not the gate, resolves a tag: what it names may be another image by then. */
async function reviewNamed(image: string, { judge, deadline }: Authorising): Promise<Outcome> {
  const [outcome] = await reviewImages([image], { judge, deadline, pinning: 'cannot-pin' });
  return outcome ?? unreadable('it was not looked at');
}

/** An image that is here is as good as the best of the names by which it was pulled: by that name it would run as well. */
async function reviewLocal(id: string, authorising: Authorising): Promise<Outcome> {
  const { daemon, deadline } = authorising;
  const names = await pulledAs(id, { socket: daemon, timeoutMs: deadline.atMs - performance.now() });
  if (names === undefined) return unreadable('there is no such image here', 'LOCAL_IMAGE', 'pull it by its digest');
  const outcomes = await Promise.all(names.map((name) => reviewNamed(name, authorising)));
  return outcomes.find(({ isAllowed }) => isAllowed) ?? outcomes[0] ?? notPulled;
}

const notPulled: Outcome = unreadable(
  'it was not pulled from a registry: nobody signs what is built, loaded or imported here',
  'LOCAL_IMAGE',
  'push it, sign it, and run it by its digest',
);
