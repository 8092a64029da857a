import { type Digest, RegistryError } from '@signet/oci';
import {
  type Authority,
  carryCatalogue,
  createTrustedTags,
  judgeFile,
  type Operation,
  type Published,
  publish,
  readHead,
  signRemoval,
  signRevocation,
  stage,
  type WriterOptions,
} from '@signet/signed-tags';
import type { Policy, Ruling, TrustedAnswer } from '@signet/verifier';
import { contentOf, placeIn, Violation } from './checks.ts';
import { timeOfSignatures } from './ledger.ts';
import { type Person, signerOf } from './people.ts';
import type { Command } from './plan.ts';
import { collection, imageName, imageOf, neededFor, registry, repository, type Terms } from './policies.ts';
import { makeStatement } from './statements.ts';
import type { Desk, World } from './world.ts';

/** A command, and what it has signed: who tries it again may have it still. */
export interface Job {
  readonly command: Command;
  signed?: Signed;
}

/** An operation, and the time that its signatures come to; undefined where more signers are needed. */
interface Signed {
  readonly operation: Operation;
  readonly provenMs: number | undefined;
  /** In force when it was signed. */
  readonly terms: Terms;
}

/** Does what a machine was told to. What was promised to whom is noted. @throws what the protocol throws; {Violation} */
export async function perform(world: World, desk: Desk, job: Job): Promise<void> {
  const { command } = job;
  if (command.kind === 'ask') return await ask(world, desk, command);
  if (command.kind === 'publish') return void (await publishAll(world, desk, []));
  if (command.kind === 'export' || command.kind === 'import') return await carry(world, desk, command.kind);
  job.signed ??= await toOperation(world, desk, command);
  const { operation, provenMs } = job.signed;
  if (world.plan.isStaged && desk.machine.role === 'writer') {
    await stage({ ...writerOptions(world, desk), collection, operations: [operation] });
    // What was signed under another policy counts for what the present one says of it, which may be nothing.
    if (job.signed.terms !== desk.terms) return;
    return promise(world, desk, { operation, atMs: provenMs, isInHead: false });
  }
  const { operations } = await publishAll(world, desk, [operation]);
  for (const { outcome, atMs = provenMs } of operations) {
    if (outcome === 'waiting') continue;
    checkTime(job.signed, atMs, desk);
    promise(world, desk, { operation, atMs, isInHead: outcome !== 'recorded' });
  }
}

/** It is acknowledged as of no earlier time than what was signed proves. @throws {Violation} */
function checkTime({ operation, provenMs, terms }: Signed, atMs: number | undefined, desk: Desk): void {
  // What is from the future does not count yet, nor what others have signed who are not in the policy any more.
  if (operation.kind !== 'sign' || provenMs === undefined || provenMs > desk.process.now() || terms !== desk.terms)
    return;
  if (atMs !== undefined && atMs < provenMs)
    throw new Violation(`${operation.tag} was signed at ${provenMs} and acknowledged as of ${atMs}`);
}

/** For a trace. */
export function commandName(command: Command): string {
  switch (command.kind) {
    case 'sign':
      return `sign ${command.tag} as ${imageName(command.digest)}`;
    case 'remove':
      return `remove ${command.tag}`;
    case 'revoke':
      return `revoke ${imageName(command.digest)}`;
    case 'ask':
      return `ask ${command.tag}${command.digest === undefined ? '' : ` for ${imageName(command.digest)}`}`;
    default:
      return command.kind;
  }
}

/** Who imports has not published before, and remembers nothing: the machine is a new one. */
async function carry({ exported }: World, desk: Desk, kind: 'export' | 'import'): Promise<void> {
  const { store, policy, process } = desk;
  if (kind === 'import' && (await readHead(exported, { pace: process.pace })) === undefined) return;
  const [from, to] = kind === 'export' ? [store, exported] : [exported, store];
  await carryCatalogue({ from, to, authority: authorityOf(policy, process.now), now: process.now, pace: process.pace });
}

export function publishAll(world: World, desk: Desk, operations: readonly Operation[]): Promise<Published> {
  return publish({ ...writerOptions(world, desk), operations, allowCold: true });
}

/** How this machine calls what writes. */
export function writerOptions({ plan }: World, { process, store, place, terms, policy }: Desk): WriterOptions {
  const person = terms.publishers.at(-1);
  return {
    store,
    authority: authorityOf(policy, process.now),
    signers: person === undefined ? [] : [signerOf(person)],
    state: place,
    pace: process.pace,
    now: process.now,
    settleMs: plan.settleMs,
  };
}

function authorityOf(policy: Policy, now: () => number): Authority {
  const [catalogue] = policy.catalogues;
  if (catalogue === undefined) throw new Violation('the policy has no catalogue');
  return {
    collection,
    signedBy: catalogue.signedBy,
    refuse: policy.refuse,
    rulingOfTag: (tag) => rulingOf(policy, { tag }, now()),
    rulingOfDigest: (digest) => rulingOf(policy, { digest }, now()),
  };
}

function rulingOf(
  { rules, fallback, refuse }: Policy,
  asked: { readonly tag?: string; readonly digest?: Digest },
  atMs: number,
): Ruling {
  const choice = rules.choose({ registry, repository, ...asked });
  return { ...(choice.kind === 'chosen' ? { rule: choice.by.target } : {}), fallback, refuse, atMs };
}

type Signing = Extract<Command, { readonly kind: 'sign' | 'remove' | 'revoke' }>;

/** Signs, beside what others have signed to the same end. */
async function toOperation(world: World, desk: Desk, command: Signing): Promise<Signed> {
  const by = desk.machine.person ?? 'alice';
  const { terms } = desk;
  const signedAtMs = await timeOfSigning(world, desk, command.kind === 'revoke' ? undefined : command.tag);
  if (command.kind === 'sign') return await signTag(world, { ...command, by, signedAtMs, terms });
  const { notices } = world.left;
  if (command.kind === 'remove') {
    const { tag } = command;
    const evidence = await signRemoval({ collection, tag, signedAtMs }, [signerOf(by)]);
    const taken = leave(notices, `remove ${tag}`, { by, atMs: signedAtMs, evidence });
    const provenMs = timeOfSignatures(counting(taken, world), neededFor(tag), terms);
    return { operation: { kind: 'remove', tag, notices: taken.map((each) => each.evidence) }, provenMs, terms };
  }
  const { digest } = command;
  const evidence = await signRevocation({ collection, digest, reason: 'bad', signedAtMs }, [signerOf(by)]);
  const taken = leave(notices, `revoke ${digest}`, { by, atMs: signedAtMs, evidence });
  const provenMs = timeOfSignatures(counting(taken, world), neededFor(undefined), terms);
  return { operation: { kind: 'revoke', digest, notices: taken.map((each) => each.evidence) }, provenMs, terms };
}

/** Who signs a tag: its signer, or who has stolen the signer's key. */
export interface Saying {
  readonly by: Person;
  readonly tag: string;
  readonly digest: Digest;
  readonly signedAtMs: number;
  readonly terms: Terms;
}

export async function signTag(world: World, { by, tag, digest, signedAtMs, terms }: Saying): Promise<Signed> {
  const claim = { by, tag, digest, atMs: signedAtMs };
  world.checks.claims.push(claim);
  const evidence = await makeStatement(claim);
  const taken = leave(world.left.statements, `${tag} ${digest}`, { ...claim, evidence });
  const { mediaType, size } = imageOf(digest);
  const statements = taken.map((each) => each.evidence);
  return {
    operation: { kind: 'sign', tag, digest, mediaType, size, statements },
    provenMs: timeOfSignatures(counting(taken, world), neededFor(tag), terms),
    terms,
  };
}

/** How far ahead an item may be, milliseconds. Rule: signed-tags.md 3.2 "Nothing from the future exists" */
const aheadMs = 10 * 60_000;

/** What was signed by a clock that is further ahead does not count yet: also the signer's own, which nothing shows to be wrong where there is no head. */
function counting<T extends { readonly atMs: number }>(taken: readonly T[], { scheduler }: World): readonly T[] {
  return taken.filter(({ atMs }) => atMs <= scheduler.timeMs() + aheadMs);
}

/** What the statements say that were ever left on images, as far as they count by now. */
export function operationsOnImages({ left }: World, { terms, process }: Desk): readonly Operation[] {
  return [...left.statements.values()].flatMap((list) => {
    const own = list.filter(
      ({ by, atMs, digest }) =>
        terms.signers.includes(by) && atMs <= process.now() && !left.notices.has(`revoke ${digest}`),
    );
    const [first] = own;
    if (first === undefined) return [];
    const { tag, digest } = first;
    const { mediaType, size } = imageOf(digest);
    const inOrder = own.toSorted((a, b) => a.atMs - b.atMs);
    const newest = [...new Map(inOrder.map((each) => [each.by, each])).values()];
    return [{ kind: 'sign', tag, digest, mediaType, size, statements: newest.map(({ evidence }) => evidence) }];
  });
}

/** So many of the newest are taken along. */
const maxTaken = 4;

function leave<T>(left: Map<string, T[]>, subject: string, own: T): readonly T[] {
  const all = left.get(subject) ?? [];
  left.set(subject, all);
  all.push(own);
  return all.slice(-maxTaken);
}

/** Later than what the tag is now, as far as the head tells. Rule: signed-tags.md 3.1 */
async function timeOfSigning(
  { plan }: World,
  { process, store, policy }: Desk,
  tag: string | undefined,
): Promise<number> {
  const nowMs = Math.floor(process.now() / plan.grainMs) * plan.grainMs;
  if (tag === undefined) return nowMs;
  const [catalogue] = policy.catalogues;
  try {
    const head = await readHead(store, { pace: process.pace });
    if (head === undefined || catalogue === undefined) return nowMs;
    const judged = await judgeFile(head, { collection, signedBy: catalogue.signedBy, refuse: policy.refuse });
    if (judged.kind === 'refused') return nowMs;
    return Math.max(nowMs, placeIn(contentOf(judged.catalogue), tag).atMs + 1);
  } catch (error) {
    if (error instanceof RegistryError) return nowMs; // it signs all the same
    throw error;
  }
}

/** Notes what a writer was told. */
function promise(
  { checks }: World,
  { process, terms }: Desk,
  told: { readonly operation: Operation; readonly atMs: number | undefined; readonly isInHead: boolean },
): void {
  const { operation, atMs, isInHead } = told;
  // More signers are needed: nothing was promised.
  if (atMs === undefined) return;
  const common = { to: process.name, terms, isInHead };
  if (operation.kind === 'revoke') {
    checks.promises.push({ kind: 'revocation', digest: operation.digest, atMs, ...common });
    return;
  }
  const digest = operation.kind === 'sign' ? operation.digest : undefined;
  checks.promises.push({ kind: 'place', tag: operation.tag, place: { atMs, digest }, ...common });
}

async function ask(world: World, desk: Desk, { tag, digest }: Extract<Command, { kind: 'ask' }>): Promise<void> {
  const reader = desk.machine.name;
  const before = world.checks.knownTo(reader);
  const answer = await askTag(desk, { tag, ...(digest === undefined ? {} : { digest }) });
  world.checks.checkAnswer({ reader, tag, answer, terms: desk.terms, before });
  world.scheduler.log(desk.process.name, answerName(answer));
}

export async function askTag(
  { process, store, place, policy }: Pick<Desk, 'process' | 'store' | 'place' | 'policy'>,
  question: { readonly tag: string; readonly digest?: Digest },
): Promise<TrustedAnswer> {
  const { tag, digest } = question;
  const client = createTrustedTags({ placeOf: () => place, pace: process.pace });
  return await client.ask({
    asked: {
      reference: `${collection}:${tag}${digest === undefined ? '' : `@${digest}`}`,
      ...question,
      name: { repository: collection, tag },
      image: { registry, repository },
    },
    ruling: rulingOf(policy, { tag }, process.now()),
    source: store,
    signal: new AbortController().signal,
  });
}

function answerName(answer: TrustedAnswer): string {
  const { source = 'nothing', issuedMs, atMs } = answer.facts;
  const from = `by ${source}${issuedMs === undefined ? '' : ` issued ${new Date(issuedMs).toISOString()}`}`;
  const of = atMs === undefined ? '' : ` of ${new Date(atMs).toISOString()}`;
  return answer.kind === 'trusted'
    ? `trusts ${imageName(answer.digest)}${of} ${from}`
    : `${answer.kind} ${answer.code}${of} ${from}`;
}
