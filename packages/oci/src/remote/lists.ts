import { asObject } from '../descriptor.ts';
import { RegistryError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { isRepositoryName, isTag } from '../reference.ts';
import type { ReadOptions } from '../store.ts';
import { answerError } from './answer-error.ts';
import { headerOf } from './body.ts';
import type { Call, Caller } from './caller.ts';
import { type RepositoryContext, shortDeadline, toCall } from './context.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { startWalk } from './link.ts';
import type { Settings } from './options.ts';

/** Asked for at a time; docker-registry 2.8.3 ignores it for tags and sends them all, unsorted. */
const pageSize = 1000;

/** All tags of a repository. The time limit is that of a page: who reads on slowly loses nothing. */
export function listTags(context: RepositoryContext, options: ReadOptions = {}): AsyncGenerator<string> {
  const deadline = (): Deadline => shortDeadline(context, options.signal);
  const first = toCall(context, {
    method: 'GET',
    target: `tags/list?n=${pageSize}`,
    actions: 'pull',
    deadline: deadline(),
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
  });
  return listAll({
    ...context,
    first,
    deadline,
    member: 'tags',
    isItem: isTag,
    what: `tags of ${context.registry}/${context.repository}`,
  });
}

/** All repositories of a registry, as far as it tells. Rule: distribution's catalogue, `GET /v2/_catalog`. */
export function listRepositories(
  parts: { readonly settings: Settings; readonly caller: Caller; readonly registry: string; readonly base: URL },
  options: ReadOptions = {},
): AsyncGenerator<string> {
  const { registry, base, settings } = parts;
  const deadline = (): Deadline => startDeadline(settings.timeouts.totalMs, options.signal);
  const first: Call = {
    method: 'GET',
    url: new URL(`/v2/_catalog?n=${pageSize}`, base),
    registry,
    base,
    scopes: ['registry:catalog:*'],
    maxBytes: options.maxBytes ?? settings.limits.maxManifestBytes,
    deadline: deadline(),
  };
  return listAll({
    ...parts,
    first,
    deadline,
    member: 'repositories',
    isItem: isRepositoryName,
    what: `repositories of ${registry}`,
  });
}

interface List {
  readonly settings: Settings;
  readonly caller: Caller;
  readonly first: Call;
  /** For the next page, when it is asked for. */
  readonly deadline: () => Deadline;
  readonly member: string;
  readonly isItem: (text: string) => boolean;
  readonly what: string;
}

async function* listAll(list: List): AsyncGenerator<string> {
  const { settings, caller, first, deadline, what } = list;
  const walk = startWalk(first.url, settings.limits);
  for (let call: Call | undefined = first; call !== undefined; ) {
    const answer = await caller.call(call);
    if (answer.status !== 200) throw answerError(answer, what, answer.secrets);
    yield* readItems(answer.bytes, list);
    const next = walk.next(answer.url, headerOf(answer.headers, 'link'));
    call = next === undefined ? undefined : { ...first, url: next, deadline: deadline() };
  }
}

function readItems(bytes: Uint8Array, { member, isItem, what }: List): readonly string[] {
  const value = asObject(parseJson(bytes), 'list')[member];
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new RegistryError('UNEXPECTED_ANSWER', `${what}: "${member}" is not a list`);
  return value.map((item: unknown) => {
    if (typeof item === 'string' && isItem(item)) return item;
    throw new RegistryError(
      'UNEXPECTED_ANSWER',
      `${what}: an entry is not valid: ${JSON.stringify(item)?.slice(0, 80)}`,
    );
  });
}
