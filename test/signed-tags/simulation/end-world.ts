import type { Digest } from '@signet/oci';
import { HEAD_TAG, memoryPlace, rebuild, refresh, TagsError } from '@signet/signed-tags';
import type { TrustedAnswer } from '@signet/verifier';
import { checkPromises, checkShown, type Known, type PastHead, type Promised, Violation } from './checks.ts';
import { askTag, operationsOnImages, publishAll, writerOptions } from './commands.ts';
import { comparePlaces, type Place, placeName } from './ledger.ts';
import type { Machine } from './plan.ts';
import { tags } from './policies.ts';
import type { Outcome } from './scheduler.ts';
import { beginMs } from './scheduler.ts';
import { type Desk, runProgram, type World } from './world.ts';

/**
 * All have ended or crashed. Whoever remembers something publishes once more, with a good clock; then nothing that was promised may be missing,
 * and who remembers answers as who does not. @throws {Violation}
 */
export async function endWorld(world: World): Promise<void> {
  const { plan, checks, scheduler } = world;
  world.isCalm = true;
  if (isEasy(world))
    checkPromises(
      checks.promises.filter(({ isInHead }) => isInHead),
      currentHead(world).catalogue,
    );
  scheduler.after(Math.max(0, beginMs + plan.endMs - scheduler.timeMs()) + 1, 'the end', () => undefined);
  await scheduler.run(world.look);
  const isRecovery = plan.changes.some((change) => change.isRecovery);
  if (isRecovery) await inTurn(world, [publisherOf(world)], (desk) => rebuildAll(world, desk));
  await inTurn(world, lastWriters(world), (desk) => publishLast(world, desk));
  const { catalogue } = currentHead(world);
  checkPromises(
    checks.promises.filter((promised) => isBinding(world, promised)),
    catalogue,
  );
  if (isPeaceful(world)) checkShown(checks.heads, catalogue);
  // A head that lost a race may have been issued later than the one that is there: who saw it goes by it until the next refresh.
  scheduler.after(aheadMs, 'the next refresh', () => undefined);
  await scheduler.run(world.look);
  await inTurn(world, [publisherOf(world)], (desk) => refreshLast(world, desk));
  for (const machine of plan.machines)
    if (machine.role === 'reader') await inTurn(world, [machine], (desk) => compareWithCold(world, desk));
}

/** Nothing went wrong that could keep an operation out of the head until the next one publishes. */
function isEasy({ plan, isTroubled }: World): boolean {
  const { lose, loseAnswer, delay, hold, staleRead, staleList } = plan.network;
  const { suspend, crash } = plan.process;
  const isQuiet = [lose, loseAnswer, delay, hold, staleRead, staleList, suspend, crash].every((rate) => rate === 0);
  return isQuiet && !isTroubled && plan.attacks.length === 0;
}

/** The network or the registry's owner may bring back a head after the journal was cleaned: what is promised then rests on what writers remember. */
function isMemoryNeeded({ plan }: World): boolean {
  const { delay, hold } = plan.network;
  return delay + hold > 0 || plan.attacks.some(({ by }) => by !== 'signer');
}

/** No thief, one policy, and nothing on its way that comes back late: every head was made of what was recorded before. */
function isPeaceful(world: World): boolean {
  const { attacks, changes } = world.plan;
  return attacks.length === 0 && changes.length === 0 && !isMemoryNeeded(world);
}

function lastWriters(world: World): readonly Machine[] {
  const { machines } = world.plan;
  const remembering = machines.filter(({ role, isForgetful }) => role !== 'reader' && !isForgetful);
  return isMemoryNeeded(world) ? remembering : [publisherOf(world)];
}

function publisherOf({ plan }: World): Machine {
  const publisher = plan.machines.find(({ role }) => role === 'publisher');
  if (publisher === undefined) throw new RangeError('a world needs a publisher');
  return publisher;
}

/** How far ahead an item may be, milliseconds. Rule: signed-tags.md 3.2 "Nothing from the future exists" */
const aheadMs = 10 * 60_000;

/** Whether a promise has to be kept in this world, whatever happened. */
function isBinding(world: World, promised: Promised): boolean {
  const { plan } = world;
  const machine = plan.machines.find(({ name }) => promised.to.startsWith(`${name}, `));
  // Who has only recorded something has seen no head with it, and remembers nothing: it lies in the registry alone until somebody publishes.
  if (isMemoryNeeded(world) && (machine?.isForgetful !== false || !promised.isInHead)) return false;
  // What was only recorded counts by the policy of who publishes it.
  if (!promised.isInHead && promised.terms.signers.length !== world.terms().signers.length) return false;
  // What a clock that is ahead has dated does not exist yet.
  const atMs = promised.kind === 'place' ? promised.place.atMs : promised.atMs;
  if (atMs > world.scheduler.timeMs() + aheadMs) return false;
  const isRevoked = promised.kind === 'place' && world.left.notices.has(`revoke ${promised.place.digest}`);
  // Who rebuilds names nothing that somebody has revoked.
  if (isRevoked && plan.changes.length > 0) return false;
  // Removals and revocations were nobody's word but that of the key that was stolen.
  const isProven = promised.kind === 'place' && promised.place.digest !== undefined;
  return isProven || !plan.changes.some(({ isRecovery }) => isRecovery);
}

/** Each machine does this, one after the other, with a good clock; none may fail. @throws {Violation} */
async function inTurn(world: World, machines: readonly Machine[], run: (desk: Desk) => Promise<void>): Promise<void> {
  for (const machine of machines) {
    const { step: _, ...rest } = machine;
    runProgram(world, { ...rest, skewMs: 0 }, { name: 'at the end', run, onEnd: mustEnd });
    await world.scheduler.run(world.look);
  }
}

export function mustEnd(outcome: Outcome<void>): void {
  if (outcome.kind === 'ended') return;
  const error = outcome.kind === 'failed' ? outcome.error : undefined;
  if (error instanceof Violation) throw error;
  const text =
    error instanceof TagsError
      ? `${error.code} ${error.message}`
      : String(error instanceof Error ? error.stack : error);
  throw new Violation(`${outcome.kind} although nothing was wrong: ${text}`);
}

/** After the catalogue's key was replaced and before anybody published with the new one, there is nothing to go on from. */
async function publishLast(world: World, desk: Desk): Promise<void> {
  if ((await world.placeOf(desk.machine).read()) === undefined) return;
  try {
    await publishAll(world, desk, []);
  } catch (error) {
    if (!(error instanceof TagsError)) throw error;
    // Whose state counts for nothing any more, as its publisher was replaced, may not go on from an old head: the publisher makes it anew.
    if (error.code === 'HEAD_TOO_OLD' && desk.machine.role !== 'publisher') return;
    if (error.code !== 'HEAD_MISSING' && error.code !== 'HEAD_TOO_OLD') throw error;
    await rebuildAll(world, desk);
  }
}

async function refreshLast(world: World, desk: Desk): Promise<void> {
  await refresh({ ...writerOptions(world, desk), allowCold: true });
}

/** From what was the head before a thief came, and from what is found on the images; what was removed and revoked by then is confirmed. */
async function rebuildAll(world: World, desk: Desk): Promise<void> {
  const { heads } = world.checks;
  // Where no key was stolen, what an attacker put there is an older head and no forgery: the newest of all is known to be good.
  const isForging = world.plan.attacks.some(({ by }) => by === 'publisher');
  const firstForged = isForging ? heads.findIndex(({ who }) => who === 'attacker') : -1;
  const before = heads.slice(0, firstForged === -1 ? undefined : firstForged);
  const good = isForging
    ? before.at(-1)
    : before.toSorted((a, b) => a.catalogue.issuedMs - b.catalogue.issuedMs).at(-1);
  await rebuild({
    ...writerOptions(world, desk),
    operations: operationsOnImages(world, desk),
    catalogues: good === undefined ? [] : [{ file: good.file, shards: [] }],
    confirm: async (unproven) => unproven,
  });
}

function currentHead({ registry, checks }: World): PastHead {
  const digest = registry.historyOf(HEAD_TAG).at(-1);
  const head = checks.heads.findLast((each) => each.digest === digest);
  if (head === undefined) throw new Violation('there is no head in the end');
  return head;
}

/** What a reader has seen may make it deny what is less, and nothing else. */
async function compareWithCold(world: World, desk: Desk): Promise<void> {
  const { checks } = world;
  for (const tag of tags) {
    const reader = desk.machine.name;
    const before = checks.knownTo(reader);
    const cold = await askTag({ ...desk, place: memoryPlace() }, { tag });
    const warm = await askTag(desk, { tag });
    checks.checkAnswer({ reader, tag, answer: warm, terms: desk.terms, before });
    const place = placeToTake(cold, tag, { before, nowMs: desk.process.now() });
    if (place === undefined || (warm.kind === 'trusted' && warm.digest === place.digest)) continue;
    // The registry's owner has brought back a head of before the revocation, and whoever had revoked it remembers nothing.
    const isKnownRevoked = (before.revoked.get(place.digest)?.size ?? 0) > 0;
    if (warm.kind !== 'trusted' && warm.code === 'DIGEST_REVOKED' && isKnownRevoked) continue;
    throw new Violation(`${reader}: ${tag} is ${placeName(place)} for who remembers nothing, and here ${said(warm)}`);
  }
}

/** What who remembers nothing takes the tag for, where who has seen this has to take it, too. */
function placeToTake(
  cold: TrustedAnswer,
  tag: string,
  { before, nowMs }: { readonly before: Known; readonly nowMs: number },
): (Place & { readonly digest: Digest }) | undefined {
  if (cold.kind !== 'trusted' || cold.facts.atMs === undefined) return undefined;
  // It has expired between the two questions.
  if ((cold.facts.expiresMs ?? 0) <= nowMs) return undefined;
  const place = { atMs: cold.facts.atMs, digest: cold.digest };
  const shown = before.shown.get(tag);
  return shown !== undefined && comparePlaces(place, shown) < 0 ? undefined : place;
}

function said(answer: TrustedAnswer): string {
  return answer.kind === 'trusted' ? `${answer.digest}` : `${answer.kind} (${answer.code}: ${answer.message})`;
}
