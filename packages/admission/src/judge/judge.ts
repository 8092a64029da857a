import {
  type Digest,
  RegistryError,
  type RegistryReference,
  type Resolved,
  type Source,
  unlessMissing,
} from '@signet/oci';
import {
  askedImage,
  type Gap,
  needsEvidence,
  type Policy,
  type Report,
  type Rule,
  type Ruling,
  sparingHabit,
  type TrustedTags,
  toGap,
  undecidedBy,
  type Verifying,
  type VerifyLimits,
  verifyAsked,
  type Witnesses,
  withoutEvidence,
} from '@signet/verifier';
import { createChanges } from '../cache/changes.ts';
import { defaultLifetimes, type Lifetimes, lifetimeOf } from '../cache/lifetimes.ts';
import { asksCatalogue, createResults, resultKey } from '../cache/results.ts';
import { createSingleFlight } from '../cache/single-flight.ts';
import { createTags, nameOf, type TagAnswer, tagName } from '../cache/tags.ts';
import type { SharedAnswers } from '../shared/shared-answers.ts';
import { refusedHost } from './allowed-hosts.ts';
import type { ReviewDeadline } from './deadline.ts';
import { createPreparer, type Prepared, type Preparer } from './prepared.ts';

/** What is said to one image. */
export interface ImageAnswer {
  readonly report: Report;
  readonly reference: RegistryReference;
  /** The rule that decided, where one is for the image. */
  readonly rule?: Rule;
  /** `stale`: kept for longer than it is fresh, and being asked for anew; `shared`: another server's. */
  readonly from: 'now' | 'cache' | 'stale' | 'shared';
  /** Why logins of who asked, with which the registry might have answered, could not be read. Only where nothing was decided. */
  readonly loginsUnread?: string;
}

/** The resident verifier: one policy at a time, many questions side by side. */
export interface Judge {
  readonly policy: Policy;
  /** Takes effect for the next question; answers by another policy are not given any more. */
  usePolicy(policy: Policy): void;
  /**
   * The answer, at once where it is known; never later than the deadline: then it is undecided.
   * @throws {RegistryError} REFERENCE_INVALID, at once
   */
  judge(image: string, deadline: ReviewDeadline): ImageAnswer | Promise<ImageAnswer>;
  /**
   * Something changed in `registry/repository`: what its tags name is asked anew, and so is what was denied there. Without a name: somewhere,
   * it may be anywhere.
   */
  forget(name?: string): void;
  /**
   * What a reference names now, by one request; undefined where no rule is for it, or none that lets its host be asked.
   * @throws {RegistryError} REFERENCE_INVALID, and what the registry's answer is
   */
  manifest(image: string): Promise<Resolved | undefined>;
}

/** How a judge works. */
export interface JudgeOptions {
  readonly policy: Policy;
  /** Opens a repository for reading; nothing is asked yet. */
  readonly open: (reference: RegistryReference) => Source;
  readonly lifetimes?: Partial<Lifetimes>;
  readonly limits?: Partial<VerifyLimits>;
  /** Images that are verified at the same time; more than that are undecided at once. Default 1000. */
  readonly maxRunning?: number;
  /** How much is kept, as a part of what a judge keeps by itself. Default 1. */
  readonly share?: number;
  /** Milliseconds since 1970 UTC. */
  readonly now?: () => number;
  readonly onAnswer?: (answer: ImageAnswer) => void;
  /** Other servers' answers are taken, and they get this one's. */
  readonly shared?: SharedAnswers;
  /** Makes who is asked about tags under `tag: trusted`. Default: nobody, and images under it stay undecided. */
  readonly trustedTags?: (over: TagsOver) => TrustedTags;
  /** Who is asked whether certificates were revoked, and runs plugins. Default: nobody, and that stays unknown. */
  readonly witnesses?: Witnesses;
}

/** What trusted tags are asked over. */
export interface TagsOver {
  readonly open: JudgeOptions['open'];
  /** By the server's own login: what is seen is everybody's. Else it is that of one login alone. */
  readonly isOwn: boolean;
}

/** The end of what goes on after its caller went away. */
const flightMs = 30_000;

export function createJudge(options: JudgeOptions): Judge {
  return new ResidentJudge(options);
}

class ResidentJudge implements Judge {
  private preparer: Preparer;
  private readonly options: JudgeOptions;
  private readonly now: () => number;
  private readonly lifetimes: Lifetimes;
  private readonly results;
  private readonly tags;
  private readonly changes;
  private readonly resolving;
  private readonly verifying;
  private readonly trusted: TrustedTags | undefined;

  constructor(options: JudgeOptions) {
    const { maxRunning = 1000, share = 1, now = Date.now } = options;
    const lifetimes = { ...defaultLifetimes, ...options.lifetimes };
    this.options = options;
    this.now = now;
    this.lifetimes = lifetimes;
    this.preparer = createPreparer(options.policy, share);
    this.results = createResults(lifetimes, share);
    this.tags = createTags(lifetimes, share);
    this.changes = createChanges(share);
    this.resolving = createSingleFlight<TagAnswer>(maxRunning);
    this.verifying = createSingleFlight<Verified>(maxRunning);
    this.trusted = options.trustedTags?.({ open: options.open, isOwn: true });
  }

  get policy(): Policy {
    return this.preparer.policy;
  }

  usePolicy(policy: Policy): void {
    this.preparer = createPreparer(policy, this.options.share);
  }

  forget(name?: string): void {
    this.changes.note(name, this.now());
  }

  async manifest(image: string): Promise<Resolved | undefined> {
    const { choice, reference } = this.preparer.prepare(image);
    if (choice.kind === 'none' || refusedHost(reference, choice.rule) !== undefined) return undefined;
    const { tag = 'latest', digest = tag } = reference;
    return await this.options.open(reference).resolve(digest, { signal: AbortSignal.timeout(flightMs) });
  }

  judge(image: string, deadline: ReviewDeadline): ImageAnswer | Promise<ImageAnswer> {
    const question = this.questionOf(image);
    const known = this.knownAnswer(question);
    const answer = known ?? this.ask(question, deadline);
    const { onAnswer } = this.options;
    if (onAnswer === undefined) return answer;
    if (!(answer instanceof Promise)) onAnswer(answer);
    else void answer.then(onAnswer);
    return answer;
  }

  private questionOf(image: string): Question {
    const { policy } = this.preparer;
    const { fallback, refuse, revision } = policy;
    return { ...this.preparer.prepare(image), policy, base: { fallback, refuse, revision, atMs: this.now() } };
  }

  /** The answer where nothing has to be asked. */
  private knownAnswer(question: Question): ImageAnswer | undefined {
    const { asked, choice, base, reference } = question;
    if (choice.kind === 'tag') return undefined;
    const ruling = rulingBy(base, choice.kind === 'rule' ? choice.rule : undefined);
    if (!needsEvidence(ruling)) return answerOf(question, ruling, withoutEvidence(asked, ruling));
    if (asksCatalogue(ruling.rule)) return this.keptAnswer(question, ruling, undefined, question.key);
    const digest = asked.digest ?? this.knownTag(reference, base.atMs)?.digest;
    return digest === undefined ? undefined : this.keptAnswer(question, ruling, digest, question.key);
  }

  private keptAnswer(
    question: Question,
    ruling: Ruling,
    digest: Digest | undefined,
    key: string = keyOf(question, ruling, digest),
  ): ImageAnswer | undefined {
    const kept = this.results.get(key, question.base.atMs);
    if (kept === undefined) return undefined;
    const { verdict, atMs, catalogue } = kept.report;
    const mayBeOver = verdict !== 'verified' || catalogue !== undefined; // a tag may be another image by now
    if (mayBeOver && this.changes.lastMs(nameOf(question.reference)) >= atMs) return undefined;
    // Nobody waits for it: what comes of it is for the next one who asks.
    if (kept.isStale) this.verify(question, ruling, digest === undefined ? {} : { digest }).catch(() => {});
    return answerOf(question, ruling, kept.report, kept.isStale ? 'stale' : 'cache');
  }

  /** By requests, no later than the deadline. Never rejects. */
  private async ask(question: Question, deadline: ReviewDeadline): Promise<ImageAnswer> {
    const { choice, base, reference, asked } = question;
    const first = rulingBy(base, choice.kind === 'rule' ? choice.rule : undefined);
    const refused = refusedHost(reference, choice.kind === 'none' ? undefined : choice.rule);
    const fail = (gap: Gap): ImageAnswer => answerOf(question, first, undecidedBy(asked, first, gap));
    if (refused !== undefined) return fail(toGap('resolve', refused));
    return await Promise.race([
      this.askRegistry(question).catch((error: unknown) => fail(toGap('resolve', error))),
      deadline.passed.then(() => fail(toGap('time', new RegistryError('TIMEOUT', late)))),
    ]);
  }

  private async askRegistry(question: Question): Promise<ImageAnswer> {
    const { asked, choice, base, reference } = question;
    // What a tag is under tag: trusted the registry is not asked before the catalogue, but where the rule turns on it.
    const isCatalogued = choice.kind === 'rule' && asksCatalogue(choice.rule);
    const asksTag = choice.kind === 'tag' || (asked.digest === undefined && !isCatalogued);
    const named = asksTag ? await unlessMissing(this.resolveTag(reference)) : undefined;
    const ruling = rulingBy(base, ruleBy(question, named?.digest));
    if (!needsEvidence(ruling)) return answerOf(question, ruling, withoutEvidence(asked, ruling));
    const isTrusted = asksCatalogue(ruling.rule);
    const digest = asked.digest ?? (isTrusted ? undefined : named?.digest);
    if (digest === undefined && !isTrusted)
      throw new RegistryError('NOT_FOUND', `${asked.reference} is not in the registry`);
    const kept = this.keptAnswer(question, ruling, digest);
    if (kept !== undefined) return kept;
    const { report, from } = await this.verify(question, ruling, {
      ...named,
      ...(digest === undefined ? {} : { digest }),
    });
    return answerOf(question, ruling, report, from);
  }

  /** What the tag names now, unless that was looked up just before. */
  private async resolveTag(reference: RegistryReference): Promise<TagAnswer> {
    const known = this.knownTag(reference, this.now());
    if (known !== undefined) return known;
    const { tag = 'latest' } = reference;
    return await this.resolving.run(this.flightKey(tagName(reference), reference), async () => {
      const atMs = this.now();
      const resolved = await this.options.open(reference).resolve(tag, { signal: AbortSignal.timeout(flightMs) });
      const { digest } = resolved.descriptor;
      this.tags.put(reference, digest, atMs);
      return { digest, resolved };
    });
  }

  private knownTag(reference: RegistryReference, nowMs: number): TagAnswer | undefined {
    return this.tags.get(reference, nowMs, this.changes.lastMs(nameOf(reference)));
  }

  /** What was begun before a change answers nobody who asks after it. */
  private flightKey(key: string, reference: RegistryReference): string {
    return `${this.changes.lastMs(nameOf(reference))} ${key}`;
  }

  /** Goes on after its caller went away: the next one gets what comes of it. */
  private async verify(
    { asked, reference }: Question,
    ruling: Ruling,
    { digest, resolved }: Partial<TagAnswer>,
  ): Promise<Verified> {
    const key = keyOf({ asked }, ruling, digest);
    const name = nameOf(reference);
    return await this.verifying.run(this.flightKey(key, reference), async () => {
      if (asksCatalogue(ruling.rule)) return await this.verifyTrusted({ asked, reference }, ruling, { key, resolved });
      if (digest === undefined) throw new RegistryError('NOT_FOUND', `${asked.reference} is not in the registry`);
      const look = await this.options.shared?.look({ key, name, digest, policy: ruling.revision ?? '' });
      if (look?.report !== undefined && this.takeOver(look.report, { key, name, rule: ruling.rule }))
        return { report: look.report, from: 'shared' };
      const report = await verifyAsked(asked, ruling, {
        source: this.options.open(reference),
        // What is verified is what the tag named when the rule was chosen.
        resolve: async (_tag, source, options) => resolved ?? (await source.resolve(digest, options)),
        habit: sparingHabit,
        ...this.common(),
      });
      const lifetime = this.results.put(key, report, ruling.rule);
      if (lifetime !== undefined) look?.keep(report, lifetime.staleUntilMs);
      return { report, from: 'now' };
    });
  }

  private common(): Partial<Pick<Verifying, 'limits' | 'witnesses'>> {
    const { limits, witnesses } = this.options;
    return { limits: { totalMs: flightMs, ...limits }, ...(witnesses === undefined ? {} : { witnesses }) };
  }

  /** Nobody else's answer is taken: what this server has seen of the catalogue counts. */
  private async verifyTrusted(
    { asked, reference }: Pick<Question, 'asked' | 'reference'>,
    ruling: Ruling,
    { key, resolved }: { readonly key: string; readonly resolved: Resolved | undefined },
  ): Promise<Verified> {
    const report = await verifyAsked(asked, ruling, {
      source: this.options.open(reference),
      ...(resolved === undefined ? {} : { resolve: async () => resolved }),
      ...(this.trusted === undefined ? {} : { trusted: this.trusted }),
      ...this.common(),
    });
    this.results.put(key, report, ruling.rule);
    return { report, from: 'now' };
  }

  /** Keeps what another server found as if it were found here, where it is no older than what would be given here. */
  private takeOver(report: Report, { key, name, rule }: Taking): boolean {
    const nowMs = this.now();
    const lifetime = lifetimeOf(report, rule, this.lifetimes);
    if (lifetime === undefined) return false;
    if (report.verdict !== 'verified' && this.changes.lastMs(name) >= report.atMs) return false;
    // What is kept here is being asked for anew: a stale answer is no better.
    const isKept = this.results.get(key, nowMs) !== undefined;
    if (nowMs >= (isKept ? lifetime.freshUntilMs : lifetime.staleUntilMs)) return false;
    this.results.put(key, report, rule);
    return true;
  }
}

interface Question extends Prepared {
  readonly policy: Policy;
  readonly base: Omit<Ruling, 'rule'> & { readonly revision: string };
}

/** What a verification came to, here or elsewhere. */
interface Verified {
  readonly report: Report;
  readonly from: 'now' | 'shared';
}

/** What is taken over, and as what. */
interface Taking {
  readonly key: string;
  readonly name: string;
  readonly rule: Rule | undefined;
}

const late = 'the registry did not answer in the time that the caller gives';

function rulingBy(base: Question['base'], rule: Rule | undefined): Ruling {
  return rule === undefined ? base : { ...base, rule };
}

/** The rule, now that it is known what the tag names. Rule: design.md 6 */
function ruleBy({ asked, choice, policy }: Question, digest: Digest | undefined): Rule | undefined {
  if (choice.kind !== 'tag') return choice.kind === 'rule' ? choice.rule : undefined;
  const image = askedImage(asked);
  const chosen = image === undefined ? undefined : policy.rules.choose({ ...image, tagNames: digest ?? null });
  return chosen?.kind === 'chosen' ? chosen.by.target : undefined;
}

function keyOf({ asked }: Pick<Question, 'asked'>, { rule, revision = '' }: Ruling, digest?: Digest): string {
  return resultKey({ asked, digest: digest ?? '', rule, revision });
}

/** A report that is given again is told of the reference that was asked, not of the one that was asked first. */
function answerOf(
  { asked, reference }: Question,
  { rule }: Ruling,
  report: Report,
  from: ImageAnswer['from'] = 'now',
): ImageAnswer {
  const own = report.reference === asked.reference ? report : { ...report, reference: asked.reference };
  return { report: own, reference, from, ...(rule === undefined ? {} : { rule }) };
}
