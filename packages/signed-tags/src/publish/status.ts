import { defaultPace } from '@signet/core';
import { type Item, itemOf } from '../catalogue/content.ts';
import { subjectOf } from '../journal/operation.ts';
import { type Base, readBase } from './base.ts';
import { openJournal } from './journal-reader.ts';
import { createJudge, type Judge } from './judge.ts';
import type { Ignored, WriterOptions } from './options.ts';
import { nothingKnown } from './recollection.ts';
import { workOf } from './work.ts';

/** How a catalogue stands. */
export interface Status {
  /** Absent where there is none that is trusted; then `refusal` says why, if there is one at all. */
  readonly catalogue?: {
    /** Milliseconds since 1970 UTC. */
    readonly issuedMs: number;
    readonly expiresMs: number;
    readonly tags: number;
    /** 0: the file is whole. */
    readonly shards: number;
    readonly revoked: number;
  };
  readonly refusal?: string;
  /** What is recorded and no catalogue holds yet. */
  readonly pending: readonly { readonly ulid: string; readonly subject: string }[];
  /** What is recorded and does not count. */
  readonly ignored: readonly Ignored[];
  /** Tags whose current entry does not meet the policy: clients deny them. */
  readonly unmet: readonly string[];
  /** Whether the journal has more entries than were read. */
  readonly isCut: boolean;
}

/** Reads all of a catalogue and its journal, and says what there is to do. Writes nothing. @throws {RegistryError} what the store throws */
export async function status(
  options: Pick<WriterOptions, 'store' | 'authority' | 'pace' | 'now' | 'signal'>,
): Promise<Status> {
  const { pace = defaultPace } = options;
  const judge = createJudge(options.authority, options.now());
  const base = await readBase({ ...options, pace, isExpected: true, recollection: nothingKnown, shards: new Map() });
  const journal = openJournal(options, pace);
  await journal.read(new Set(base.signers === undefined ? [] : base.head?.merged));
  const pending: Status['pending'][number][] = [];
  const ignored: Ignored[] = [...journal.unreadable];
  for (const entry of [...journal.entries.values()].toSorted((a, b) => (a.ulid < b.ulid ? -1 : 1))) {
    if (entry.kind === 'junk') {
      ignored.push({ ulid: entry.ulid, why: entry.why });
      continue;
    }
    for (const operation of entry.operations) {
      const work = await workOf(base, { operations: [operation], recollection: nothingKnown, judge });
      const outcome = work.outcomes.get(subjectOf(operation));
      if (outcome?.kind === 'unmet') ignored.push({ ulid: entry.ulid, why: outcome.why });
      else if (!work.isCovered) pending.push({ ulid: entry.ulid, subject: subjectOf(operation) });
    }
  }
  const { refusal } = base;
  const items = base.signers === undefined ? new Map<string, Item>() : await itemsOf(base);
  return {
    ...catalogueFacts(base, items),
    ...(refusal === undefined ? {} : { refusal }),
    pending,
    ignored,
    unmet: await unmetTags(items, judge),
    isCut: journal.isCut,
  };
}

/** What each tag is, of all shards. Nothing is judged. @throws {RegistryError}; {TagsError} */
async function itemsOf(base: Base): Promise<ReadonlyMap<string, Item>> {
  const items = new Map<string, Item>();
  for (let index = 0; index < 2 ** base.bits; index += 1) {
    const part = await base.part(index);
    for (const tag of part.tags.keys()) items.set(tag, itemOf(part, tag));
  }
  return items;
}

function catalogueFacts(
  { catalogue, signers, bits }: Base,
  items: ReadonlyMap<string, Item>,
): Pick<Status, 'catalogue'> {
  if (catalogue === undefined || signers === undefined) return {};
  const { issuedMs, expiresMs, revoked } = catalogue;
  const tags = [...items.values()].filter(({ kind }) => kind === 'entry').length;
  return { catalogue: { issuedMs, expiresMs, tags, shards: bits === 0 ? 0 : 2 ** bits, revoked: revoked.size } };
}

async function unmetTags(items: ReadonlyMap<string, Item>, judge: Judge): Promise<readonly string[]> {
  const unmet: string[] = [];
  for (const [tag, item] of items)
    if (item.kind === 'entry' && !(await judge.meetsRule(tag, item.entry))) unmet.push(tag);
  return unmet.toSorted();
}
