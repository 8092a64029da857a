import type { Digest } from '@signet/oci';
import {
  type Content,
  type Entry,
  encodeCatalogue,
  HEAD_TAG,
  type Revocations,
  type TagState,
} from '@signet/signed-tags';
import { encodeHead } from '../../../packages/signed-tags/src/head/encode-head.ts';
import { signFile } from '../../../packages/signed-tags/src/head/sign-file.ts';
import { contentOf } from './checks.ts';
import type { Dice } from './dice.ts';
import { signerOf } from './people.ts';
import { images, tags } from './policies.ts';
import type { World } from './world.ts';

const lifetimeMs = 72 * 3_600_000;

/** Who has stolen the catalogue's key signs what he likes, and puts it in place of the head. */
export async function forgeHead({ registry, scheduler, checks }: World): Promise<void> {
  const { dice, timeMs, log } = scheduler;
  const [first, ...others] = checks.heads.map(({ catalogue }) => catalogue);
  if (first === undefined) return;
  const newest = others.reduce((one, other) => (other.issuedMs > one.issuedMs ? other : one), first);
  const older = contentOf(dice.pick([first, ...others]));
  const name = dice.pick(Object.keys(forgeries));
  const forged = forgeries[name]?.({ dice, content: contentOf(newest), older, nowMs: Math.floor(timeMs()) }) ?? {};
  const issuedMs = Math.max(Math.floor(timeMs()), newest.issuedMs + 1);
  const { content = contentOf(newest), revoked = newest.revoked } = forged;
  const file = encodeCatalogue({
    ...newest,
    issuedMs,
    expiresMs: issuedMs + lifetimeMs,
    revoked,
    tags: { kind: 'whole', content },
  });
  const signed = await signFile(file, [signerOf('publisher')]);
  log('thief of the catalogue key', name);
  await registry.direct.tag(encodeHead({ ...signed, shards: [], merged: [] }), HEAD_TAG);
}

interface Material {
  readonly dice: Dice;
  readonly content: Content;
  /** Of another head. */
  readonly older: Content;
  readonly nowMs: number;
}

interface Forged {
  readonly content?: Content;
  readonly revoked?: Revocations;
}

/** Rule: signed-tags.md 2, "thief of the catalogue key", and 7, row 4 */
const forgeries: Readonly<Record<string, (material: Material) => Forged>> = {
  'shows older tags as current': ({ older }) => ({ content: older }),
  'makes what a tag was new': ({ content, older, nowMs }) => ({
    content: withEntries(content, (entries, tag) => {
      const entry = older.tags.get(tag)?.entries.at(-1) ?? entries.at(-1);
      return entry === undefined ? [] : [{ ...entry, atMs: nowMs }];
    }),
  }),
  'names an image that nobody signed for the tag': ({ dice, content, nowMs }) => ({
    content: withEntries(content, (entries) =>
      entries.slice(0, 1).map((entry) => ({ ...otherImage(dice, entry), atMs: nowMs })),
    ),
  }),
  'says that the tag was an image that nobody signed for it': ({ dice, content }) => ({
    content: withEntries(content, ([current]) => {
      if (current === undefined) return [];
      const was = { ...otherImage(dice, current), atMs: current.atMs - 1 };
      return was.digest === current.digest ? [current] : [current, was];
    }),
  }),
  'drops tags': ({ dice, content }) => ({
    content: withEntries(content, (entries) => (dice.chance(0.5) ? entries : [])),
  }),
  'removes tags': ({ dice, content, nowMs }) => ({
    content: {
      ...content,
      tags: new Map(
        tags.map((tag) => [tag, dice.chance(0.7) ? { removedMs: nowMs, entries: [] } : stateOf(content, tag)]),
      ),
    },
  }),
  'revokes images': ({ dice, nowMs }) => ({
    revoked: new Map(
      images
        .filter(() => dice.chance(0.7))
        .map(({ descriptor }): [Digest, { atMs: number; reason: string }] => [
          descriptor.digest,
          { atMs: nowMs, reason: 'stolen' },
        ]),
    ),
  }),
  'takes revocations back': () => ({ revoked: new Map() }),
};

function withEntries(content: Content, change: (entries: readonly Entry[], tag: string) => readonly Entry[]): Content {
  const changed = tags.map((tag): [string, TagState] => {
    const { removedMs = 0, entries } = stateOf(content, tag);
    const kept = change(entries, tag).filter(({ atMs }) => atMs > removedMs);
    return [tag, { ...(removedMs === 0 ? {} : { removedMs }), entries: kept }];
  });
  return { ...content, tags: new Map(changed.filter(([, state]) => state.entries.length > 0 || state.removedMs)) };
}

function stateOf(content: Content, tag: string): TagState {
  return content.tags.get(tag) ?? { entries: [] };
}

function otherImage(dice: Dice, entry: Entry): Entry {
  const { digest, size } = dice.pick(images).descriptor;
  return { ...entry, digest, size };
}

/** Who has the registry puts back what was there, or takes away what is. */
export async function turnBack({ registry, scheduler, journal }: World): Promise<void> {
  const { dice, log } = scheduler;
  const { direct } = registry;
  const heads = registry.historyOf(HEAD_TAG).filter((digest) => digest !== undefined);
  const kind = dice.next();
  if (kind < 0.6 && heads.length > 0) {
    log('attacker', 'puts an older head back');
    await direct.tag(await direct.resolve(dice.pick(heads)), HEAD_TAG);
    return;
  }
  if (kind < 0.9) {
    log('attacker', 'puts the whole journal back');
    for (const [tag, entry] of journal) await direct.tag(entry, tag);
    return;
  }
  if (registry.historyOf(HEAD_TAG).at(-1) === undefined) return;
  log('attacker', 'removes the head');
  await direct.untag(HEAD_TAG);
}
