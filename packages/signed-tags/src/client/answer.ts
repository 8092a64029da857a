import type { Digest } from '@signet/oci';
import type { TagFacts, TrustedAnswer } from '@signet/verifier';
import { fileAheadMs } from '../catalogue/limits.ts';
import { TagsError } from '../errors.ts';
import { headOf } from '../head/head.ts';
import { emptyState, mergeStates, type StatePlace, type TagsState } from '../state/state.ts';
import { type TrustedState, trustState } from '../state/trusted-state.ts';
import type { Asking } from './asking.ts';
import { chooseFile, type Shown } from './choose-file.ts';
import type { Heads } from './heads.ts';
import { learnt } from './learn.ts';
import { lookUpDigest } from './look-up-digest.ts';
import { lookUpTag } from './look-up-tag.ts';
import { readCatalogue } from './read-catalogue.ts';
import type { Receipt } from './receipt.ts';
import { type Refusal, refusing, unread } from './refusal.ts';
import type { Saver } from './saver.ts';

/** What all questions share. */
export interface Answering {
  readonly placeOf: (where: { readonly collection: string; readonly catalogue: string }) => StatePlace;
  readonly heads: Heads;
  readonly saver: Saver;
  readonly receipts: readonly Receipt[];
  readonly wantsDrift: boolean;
  readonly wantsImage: boolean;
}

/**
 * Recalls what was seen, reads what the registry shows, judges, and remembers. What was judged stands also where it cannot be remembered.
 * @throws {TagsError} STATE_INVALID, STATE_REFUSED
 */
export async function answer(asking: Asking, using: Answering): Promise<TrustedAnswer> {
  const { catalogue, collection, ruling, nowMs } = asking;
  const place = using.placeOf({ collection, catalogue: catalogue.name });
  const trust = { collection, signedBy: catalogue.signedBy, refuse: ruling.refuse, nowMs };
  const drift = using.wantsDrift ? registryTag(asking) : undefined;
  const before = (await place.read()) ?? emptyState(collection);
  const state = await trustState(before, trust);
  const known = before.newest?.manifest === undefined ? undefined : headOf(before.newest.manifest, before.newest);
  const shown = await readCatalogue({ ...asking, known, state, trust, heads: using.heads });
  const judged = await judge({ ...asking, state, receipts: using.receipts }, shown);
  const key = JSON.stringify([collection, catalogue.name]);
  const isSaved = judged.learnt === undefined || (await save(using.saver.save(key, place, judged.learnt)));
  const answered = using.wantsImage ? await withImage(judged.answer, asking) : judged.answer;
  return withFacts(answered, { ...(isSaved ? {} : { stateSaved: false }), ...driftOf(answered, await drift) });
}

interface Judged {
  readonly answer: TrustedAnswer;
  /** What is to be remembered. */
  readonly learnt?: TagsState;
}

interface Judging extends Asking {
  readonly state: TrustedState;
  readonly receipts: readonly Receipt[];
}

async function judge(asking: Judging, shown: Shown): Promise<Judged> {
  const { catalogue, nowMs, state, asked } = asking;
  const chosen = chooseFile({ shown, state, catalogue, nowMs });
  const stale = chosen.isSourceStale ? { staleSource: true } : {};
  if (chosen.kind === 'refused')
    return { answer: refusing(chosen.refusal, { ...asking.facts, ...stale }), ...fileLearnt(shown, nowMs) };
  const { file, isInGrace } = chosen;
  const { issuedMs, expiresMs, revoked } = file.catalogue;
  const facts: TagFacts = {
    ...asking.facts,
    ...{ source: file.source, issuedMs, expiresMs, ...stale },
    ...(isInGrace ? { expired: 'grace' } : {}),
    ...(catalogue.freshness.mode === 'bundle' ? { freshness: 'bundle' } : {}),
  };
  const alsoRevoked = shown.kind === 'file' ? shown.file.catalogue.revoked : new Map();
  const looking = { ...asking, facts, revoked: new Map([...state.revoked, ...revoked, ...alsoRevoked]) };
  const { tag, digest } = asked;
  const looked =
    tag === undefined && digest !== undefined
      ? await lookUpDigest(file, digest, looking)
      : await lookUpTag(file, { tag: tag ?? 'latest', digest }, looking);
  const own = learnt(looked.file, looked.seen);
  const other = fileLearnt(shown, nowMs).learnt;
  return { answer: looked.answer, learnt: other === undefined ? own : mergeStates(own, other) };
}

/** A file that was shown is remembered also where nothing is answered by it: that it was issued, and what it revokes. */
function fileLearnt(shown: Shown, nowMs: number): Pick<Judged, 'learnt'> {
  if (shown.kind === 'nothing' || shown.file.catalogue.issuedMs > nowMs + fileAheadMs) return {};
  return { learnt: learnt(shown.file, new Map()) };
}

async function save(saving: Promise<boolean>): Promise<boolean> {
  try {
    return await saving;
  } catch (error) {
    if (error instanceof TagsError) return false; // damaged since it was read
    throw error;
  }
}

/** What the registry's own tag names: a warning rests on it, no answer, so that it may fail as it likes. */
async function registryTag({ asked: { tag }, image, signal }: Asking): Promise<Digest | undefined> {
  if (tag === undefined) return undefined;
  return await image.resolve(tag, { signal }).then(
    ({ descriptor }) => descriptor.digest,
    () => undefined,
  );
}

function driftOf(answered: TrustedAnswer, drift: Digest | undefined): Pick<TagFacts, 'drift'> {
  const isOther = answered.kind === 'trusted' && answered.facts.superseded !== true && drift !== answered.digest;
  return drift !== undefined && isOther ? { drift } : {};
}

/** Rule: signed-tags.md 4.1, step 9 */
async function withImage(answered: TrustedAnswer, { image, signal }: Asking): Promise<TrustedAnswer> {
  if (answered.kind !== 'trusted' || answered.descriptor === undefined) return answered;
  const { digest, descriptor, decision, facts } = answered;
  try {
    if (await image.exists(descriptor, { signal })) return answered;
  } catch (error) {
    return { ...refusing(unread(error), facts), digest, descriptor, decision };
  }
  return { ...refusing(notReplicated(digest), facts), digest, descriptor, decision };
}

function notReplicated(digest: Digest): Refusal {
  return {
    kind: 'undecided',
    code: 'IMAGE_NOT_REPLICATED',
    message: `the registry does not have ${digest} yet`,
    remedy: 'wait for it (--wait), or ask the registry that the image was pushed to',
  };
}

function withFacts(answered: TrustedAnswer, more: Partial<TagFacts>): TrustedAnswer {
  return { ...answered, facts: { ...answered.facts, ...more } };
}
