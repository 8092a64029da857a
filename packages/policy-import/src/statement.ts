import { never } from './demand.ts';
import type { Translated } from './glob.ts';
import { type Entry, type ImportOptions, type Loss, type LossEffect, noConditions } from './model.ts';
import type { Cursor } from './reading.ts';

/** A loss at a place. */
export function lossAt(
  cursor: Cursor,
  construct: string,
  what: { readonly why: string; readonly effect: LossEffect },
): Loss {
  return { place: cursor.place, construct, ...what };
}

/** A loss that makes a demand one that nothing satisfies. */
export function deniedAt(cursor: Cursor, construct: string, why: string): Loss {
  return { place: cursor.place, construct, why, effect: 'denied' };
}

/** What says in the other policy that no log entry is asked for; and whether the caller lets the entry be left out. */
interface LogAsked extends ImportOptions {
  readonly unless?: string;
}

/** A rule by key that asks for a log entry, which cannot be checked yet: nothing satisfies it unless the entry may be left out. */
export function logLoss(cursor: Cursor, construct: string, { allowWithoutLog = false, unless }: LogAsked): Loss {
  const asked = unless === undefined ? '' : ` (asked for unless ${unless})`;
  const loss = { place: cursor.place, construct, why: `an entry in a transparency log${asked} cannot be checked yet` };
  if (allowWithoutLog) return { ...loss, effect: 'laxer' };
  return {
    ...loss,
    effect: 'denied',
    remedy: 'convert with --allow-without-log to leave the log entry out: the key alone then suffices',
  };
}

/** What an entry of a glob policy is made from. */
export interface StatementParts extends Omit<Entry, 'images' | 'rank' | 'losses' | 'conditions'> {
  readonly rank?: number;
  readonly conditions?: Entry['conditions'];
  readonly losses: readonly Loss[];
  readonly globs: readonly (readonly [Cursor, Translated])[];
}

/** The entries for a statement: its exact patterns with its demand; where a glob could only be widened, nothing satisfies what it took in. */
export function entriesFor({ globs, losses, ...parts }: StatementParts): readonly Entry[] {
  const base = { rank: 0, conditions: noConditions, ...parts };
  const exact = globs.filter(([, { exact }]) => exact).flatMap(([, { images }]) => images);
  const wide = globs.filter(([, glob]) => !glob.exact);
  const silent = globs
    .filter(([, glob]) => glob.exact && glob.images.length === 0)
    .map(([cursor]) => matchesNothing(cursor));
  const widened = wide.map(([cursor]) =>
    deniedAt(
      cursor,
      `glob ${cursor.text()}`,
      'no pattern here says the same; a wider one, which nothing satisfies, stands for it',
    ),
  );
  const entries: Entry[] = [];
  // Where nothing matches it stands for its losses alone.
  if (exact.length > 0 || wide.length === 0) entries.push({ ...base, images: exact, losses: [...losses, ...silent] });
  if (wide.length > 0) {
    const images = wide.flatMap(([, glob]) => glob.images);
    const own = exact.length > 0 ? widened : [...losses, ...silent, ...widened];
    entries.push({ ...base, images, demand: never, losses: own });
  }
  return entries;
}

/** The glob fits no reference as its tool writes them. */
function matchesNothing(cursor: Cursor): Loss {
  return {
    place: cursor.place,
    construct: `glob ${cursor.text()}`,
    why: 'it matches no reference',
    effect: 'unchanged',
  };
}
