import { parseRegistryReference } from '@signet/oci';
import type { Policy } from '@signet/verifier';
import { LRUCache } from 'lru-cache';
import type { ReviewDeadline } from './deadline.ts';
import { createJudge, type ImageAnswer, type Judge, type JudgeOptions } from './judge.ts';
import type { FoundLogins, Login, Logins } from './logins.ts';

/** A judge that also asks in the name of others. */
export interface JudgeWithLogins extends Judge {
  /** The same judge, for one who brings logins. */
  askedBy(logins: Logins): Judge;
}

/** How such a judge works. */
export interface JudgeWithLoginsOptions extends JudgeOptions {
  /** What opens repositories with a login in place of the server's own; called once for a login, nothing is asked yet. */
  readonly openAs: (login: Login) => JudgeOptions['open'];
}

/** Logins whose answers are kept; the least used goes first. */
const maxLogins = 200;
/** Of what a judge keeps, that of one login is so large a part. */
const shareOfLogin = 1 / 50;
/** Images for which the server's own login is known to be refused, and milliseconds for which it is not tried again. */
const [maxRefused, refusedMs] = [20_000, 60_000];
/** What a registry says to a login that may not read, or only seems not to find what it hides. */
const refusals: ReadonlySet<string> = new Set(['UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND', 'CREDENTIALS']);

/**
 * What is reached by a login is kept by itself, in a judge of that login alone: nobody who lacks the login sees what its owner saw, neither
 * the digest of a tag nor a verdict, and no registry that shows its clients different things can make one's no another's. Who has an equal
 * login shares it. What the server reaches by its own login is everybody's, as ever. Rule: docs/admission.md "Pull secrets"
 */
export function createJudgeWithLogins(options: JudgeWithLoginsOptions): JudgeWithLogins {
  const { onAnswer, openAs, ...rest } = options;
  const own = createJudge(rest);
  const judges = new LRUCache<string, Judge>({ max: maxLogins });
  const now = options.now ?? Date.now;
  const refused = new LRUCache<string, number>({ max: maxRefused });
  const judgeOf = (login: Login): Judge => {
    const known = judges.get(login.id);
    if (known !== undefined) return known;
    const { trustedTags } = rest;
    const judge = createJudge({
      ...limitsOf(rest),
      policy: own.policy,
      open: openAs(login),
      share: shareOfLogin,
      ...(trustedTags === undefined ? {} : { trustedTags: (over) => trustedTags({ ...over, isOwn: false }) }),
    });
    judges.set(login.id, judge);
    return judge;
  };
  const parts: Parts = {
    own,
    judgeOf,
    isRefused: (image) => now() - (refused.get(image) ?? Number.NEGATIVE_INFINITY) < refusedMs,
    noteRefused: (image) => void refused.set(image, now()),
  };
  const judgeBy = (answer: Judge['judge']): Judge => ({
    get policy() {
      return own.policy;
    },
    usePolicy(policy: Policy) {
      for (const each of [own, ...judges.values()]) each.usePolicy(policy);
      refused.clear();
    },
    judge(image, deadline) {
      const answered = answer(image, deadline);
      if (onAnswer === undefined) return answered;
      if (answered instanceof Promise) void answered.then(onAnswer);
      else onAnswer(answered);
      return answered;
    },
    forget(name) {
      for (const each of [own, ...judges.values()]) each.forget(name);
    },
    manifest: (image) => own.manifest(image),
  });
  return Object.assign(
    judgeBy((image, deadline) => own.judge(image, deadline)),
    {
      askedBy: (logins: Logins): Judge => judgeBy((image, deadline) => judgeFor({ image, deadline, logins }, parts)),
    },
  );
}

/** Named one by one: nothing in which answers are shared may get into a judge of one login. */
function limitsOf({ lifetimes, limits, maxRunning, now }: JudgeOptions): Omit<JudgeOptions, 'policy' | 'open'> {
  return {
    ...(lifetimes === undefined ? {} : { lifetimes }),
    ...(limits === undefined ? {} : { limits }),
    ...(maxRunning === undefined ? {} : { maxRunning }),
    ...(now === undefined ? {} : { now }),
  };
}

interface Parts {
  readonly own: Judge;
  readonly judgeOf: (login: Login) => Judge;
  readonly isRefused: (image: string) => boolean;
  readonly noteRefused: (image: string) => void;
}

interface Question {
  readonly image: string;
  readonly deadline: ReviewDeadline;
  readonly logins: Logins;
}

/** By the server's own login, and where that is refused by those of who asks. */
function judgeFor(question: Question, parts: Parts): ImageAnswer | Promise<ImageAnswer> {
  const { image, deadline } = question;
  if (parts.isRefused(image)) return judgeByLogins(question, parts);
  const first = parts.own.judge(image, deadline);
  if (!(first instanceof Promise)) return isRefusal(first) ? judgeByLogins(question, parts, first) : first;
  return first.then((answer) => (isRefusal(answer) ? judgeByLogins(question, parts, answer) : answer));
}

async function judgeByLogins(question: Question, parts: Parts, first?: ImageAnswer): Promise<ImageAnswer> {
  const { image, deadline } = question;
  const { logins, unread } = await foundInTime(question);
  for (const login of logins) {
    const answer = await parts.judgeOf(login).judge(image, deadline);
    if (isRefusal(answer)) continue;
    if (first !== undefined) parts.noteRefused(image);
    return answer;
  }
  const answer = first ?? (await parts.own.judge(image, deadline));
  return unread === undefined || answer.report.verdict !== 'undecided' ? answer : { ...answer, loginsUnread: unread };
}

async function foundInTime({ image, deadline, logins }: Question): Promise<FoundLogins> {
  const late = {
    logins: [],
    unread: 'the pull secrets of the namespace could not be read in the time that the caller gives',
  };
  return await Promise.race([logins.find(parseRegistryReference(image)), deadline.passed.then(() => late)]);
}

/** Undecided, since the registry does not let this login read, or only seems not to have what it hides. */
function isRefusal({ report: { verdict, code, gaps } }: ImageAnswer): boolean {
  if (code === 'CATALOGUE_MISSING' || code === 'IMAGE_NOT_REPLICATED') return true;
  return verdict === 'undecided' && gaps.some(({ code }) => refusals.has(code));
}
